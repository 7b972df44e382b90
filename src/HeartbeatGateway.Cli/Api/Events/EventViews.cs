using System.Globalization;
using System.Text.Json;
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
        var data = Parse(e.Data);
        var message = run.Api.Read(data, ApiJson.Default.PresenceMessage);
        if (!selection.Matches(e, message)) return true;
        await run.WriteAsync(run.IsJson ? Line(e, data) : Text(e, message));
        return selection.Next();
    }

    public async Task ShowGapAsync(string? after, string why)
    {
        if (run.IsJson) await Json.WriteLineAsync(run.Environment.Out, new { @event = "gap", after, detail = why });
        else await run.WriteAsync($"{Clock(run.Now)} GAP: events are missing here. {Printable.From(why)} hbg clients shows who is connected now.");
    }

    public Task ShowLossAsync(string why) => run.NoteAsync(why);

    private static string Text(ServerSentEvent e, PresenceMessage m)
    {
        var (origin, cause) = (m.Origin is null ? "" : $" by {Facts.Text(m.Origin)}", m.Cause is null ? "" : $": {Facts.Text(m.Cause)}");
        var reason = m.Reason is null ? "" : $"  {Facts.Text(m.Reason)}{origin}{cause}";
        return $"{Clock(m.Time)} {Facts.Text(e.Name),-12} {Facts.Client(m.ClientId, m.ConnectionId)}  #{Facts.Text(m.ConnectionId)} {Facts.Text(m.Address)}{reason}";
    }

    /// <summary>The gateway's object, with the name and the id of the event before it.</summary>
    private static string Line(ServerSentEvent e, JsonElement data)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, ApiJson.Output))
        {
            writer.WriteStartObject();
            writer.WriteString("event", e.Name);
            writer.WriteString("id", e.Id);
            foreach (var property in data.EnumerateObject()) property.WriteTo(writer);
            writer.WriteEndObject();
        }

        return ApiJson.Text(bytes);
    }

    private static string Clock(DateTimeOffset? time) => time?.UtcDateTime.ToString("HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? Facts.None;

    private JsonElement Parse(string data)
    {
        try
        {
            var element = JsonSerializer.Deserialize(data, ApiJson.Default.JsonElement);
            return element.ValueKind == JsonValueKind.Object ? element : throw run.Api.Malformed("an event that is no object");
        }
        catch (JsonException)
        {
            throw run.Api.Malformed("an event that is no JSON");
        }
    }
}
