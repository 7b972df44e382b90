using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Events;

/// <summary>Which events are shown, and how many.</summary>
internal sealed class EventSelection(IReadOnlyCollection<string> ids, string? prefix, IReadOnlyCollection<string> names, int? count)
{
    private int _shown;

    public bool Matches(ServerSentEvent e, PresenceMessage m) =>
        (ids.Count == 0 || ids.Contains(m.ClientId))
        && (prefix is null || m.ClientId?.StartsWith(prefix, StringComparison.Ordinal) == true)
        && (names.Count == 0 || names.Contains(e.Name));

    /// <summary>Counts a shown event; false when it was the last.</summary>
    public bool Next() => ++_shown != count;
}

/// <summary>Writes events as lines: of text, or of JSON.</summary>
internal sealed class EventView(ApiRun run, EventSelection selection) : IEventView
{
    public async Task<bool> ShowAsync(ServerSentEvent e)
    {
        var data = EventLine.Parse(run, e.Data);
        var message = run.Api.Read(data, ApiJson.Default.PresenceMessage);
        if (!selection.Matches(e, message)) return true;
        await run.WriteAsync(run.IsJson ? EventLine.Json(e, data) : Text(e, message));
        return selection.Next();
    }

    public async Task ShowGapAsync(string? after, string why)
    {
        if (run.IsJson) await Json.WriteLineAsync(run.Environment.Out, new { @event = "gap", after, detail = why });
        else await run.WriteAsync($"{EventLine.Clock(run.Now)} GAP: events are missing here. {Printable.From(why)} hbg clients shows who is connected now.");
    }

    public Task ShowLossAsync(string why) => run.NoteAsync(why);

    private static string Text(ServerSentEvent e, PresenceMessage m)
    {
        var (origin, cause) = (m.Origin is null ? "" : $" by {Facts.Text(m.Origin)}", m.Cause is null ? "" : $": {Facts.Text(m.Cause)}");
        var node = m.Node is null ? "" : $" at {Facts.Text(m.Node)}";
        var reason = m.Reason is null ? "" : $"  {Facts.Text(m.Reason)}{origin}{cause}";
        return $"{EventLine.Clock(m.Time)} {Facts.Text(e.Name),-12} {Facts.Client(m.ClientId, m.ConnectionId)}  #{Facts.Text(m.ConnectionId)} {Facts.Text(m.Address)}{node}{reason}";
    }
}
