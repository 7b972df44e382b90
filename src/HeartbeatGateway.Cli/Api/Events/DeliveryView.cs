using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Events;

/// <summary>Writes the ends of messages as lines: of text, or of JSON.</summary>
internal sealed class DeliveryView(ApiRun run, IReadOnlyCollection<string> ids, IReadOnlyCollection<string> results, int? count) : IEventView
{
    private int _shown;

    public async Task<bool> ShowAsync(ServerSentEvent e)
    {
        var data = EventLine.Parse(run, e.Data);
        var m = run.Api.Read(data, ApiJson.Default.DeliveryMessage);
        if ((ids.Count > 0 && !ids.Contains(m.ClientId)) || (results.Count > 0 && !results.Contains(m.Result))) return true;
        await run.WriteAsync(run.IsJson ? EventLine.Json(e, data) : $"{EventLine.Clock(m.Time)} {Facts.Text(m.Result),-9} {Facts.Text(m.ClientId)}  {Facts.Text(m.MessageId)}");
        return ++_shown != count;
    }

    public async Task ShowGapAsync(string? after, string why)
    {
        if (run.IsJson) await Json.WriteLineAsync(run.Environment.Out, new { @event = "gap", after, detail = why });
        else await run.WriteAsync($"{EventLine.Clock(run.Now)} GAP: results are missing here. {Printable.From(why)}");
    }

    public Task ShowLossAsync(string why) => run.NoteAsync(why);
}
