using HeartbeatGateway.Cli.Api.Clients;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;

namespace HeartbeatGateway.Cli.Api.Disconnects;

/// <summary>One ended connection as lines of text, with its post-mortem.</summary>
internal static class DisconnectText
{
    public static IEnumerable<string> Lines(DisconnectEntry e)
    {
        yield return $"{Facts.Time(e.Time)}  {Facts.Text(e.Reason)}{Origin(e)}, connected for {Facts.Seconds(e.DurationSeconds)}, "
            + $"from {Facts.EndPoint(e.Address, e.Port)}, #{Facts.Text(e.ConnectionId)}";
        if (e.Detail is { Length: > 0 }) yield return ClientText.Fact("detail", Facts.Text(e.Detail));
        if (e.PostMortem is not { } p) yield break;
        yield return ClientText.Fact("cause", Verdict(p));
        if (GapPlot.Of(p.GapsSeconds, p.LimitSeconds) is { } plot) yield return ClientText.Fact("gaps", plot);
        if (p.Tcp is { } tcp) yield return ClientText.Fact("TCP", ClientText.Tcp(tcp));
    }

    /// <summary>What probably happened, and what helps.</summary>
    public static string Verdict(PostMortem p)
    {
        var silent = $"nothing arrived for {Facts.Seconds(p.SilentSeconds)} (limit {Facts.Seconds(p.LimitSeconds)})";
        return p.Cause switch
        {
            "client_silent" => $"client_silent: {silent}, and nothing points to the network or the gateway: the client did not send. Look at the device",
            "network_loss" => $"network_loss: {silent}, and TCP got no acknowledgement: packets were lost. Look at the network of the device",
            "interval_too_long" => $"interval_too_long: {Interval(p)}: shorten the client's interval, let it negotiate in its hello, or raise Gateway:Heartbeat:ReaderIdle",
            "gateway_stall" => $"gateway_stall: {silent}, but the gateway itself stood still for {Facts.Seconds(p.StallSeconds)}. Look at its processor and memory limits",
            _ => $"{Facts.Text(p.Cause)}: {silent}",
        };
    }

    /// <summary>A client that never sent a second heartbeat in time has no usual gap: it comes back, and is closed again.</summary>
    private static string Interval(PostMortem p) => p.UsualGapSeconds is { } gap
        ? $"the usual gap of {Facts.Seconds(gap)} leaves too little of the limit of {Facts.Seconds(p.LimitSeconds)}"
        : $"the client comes back and sends no second heartbeat within the limit of {Facts.Seconds(p.LimitSeconds)}";

    private static string Origin(DisconnectEntry e) => e.Origin is null ? "" : $" by {Facts.Text(e.Origin)}";
}
