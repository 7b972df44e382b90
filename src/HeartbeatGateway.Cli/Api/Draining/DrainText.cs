using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;

namespace HeartbeatGateway.Cli.Api.Draining;

/// <summary>The state of a drain in one line.</summary>
internal static class DrainText
{
    public static string Of(DrainState s) => s.State switch
    {
        "draining" => $"draining: {Facts.Number(s.Closed)} of {Facts.Number(s.Connections)} connections closed, {Facts.Number(s.Remaining)} remain{Start(s)}",
        "drained" => $"drained: {Facts.Number(s.Closed)} of {Facts.Number(s.Connections)} connections closed, {Facts.Number(s.Remaining)} remain{Start(s)}",
        "none" => "not draining: the gateway accepts clients",
        _ => Facts.Text(s.State),
    };

    private static string Start(DrainState s) => s.StartedAt is null
        ? ""
        : $"; over {Facts.Seconds(s.DurationSeconds)} since {Facts.Time(s.StartedAt)}{(s.StartedBy is null ? "" : $", by {Facts.Text(s.StartedBy)}")}";
}
