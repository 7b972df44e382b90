using System.Globalization;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Top;

namespace HeartbeatGateway.Cli.Load;

/// <summary>Writes a report as text.</summary>
internal static class LoadReportText
{
    private const int NameWidth = 18;

    public static async Task WriteAsync(TextWriter output, LoadReport report)
    {
        foreach (var (name, value) in Lines(report)) await output.WriteLineAsync($"{name,-NameWidth}{value}");
        foreach (var bound in report.Bounds)
        {
            await output.WriteLineAsync($"{(bound.Met ? "kept" : "MISSED"),-NameWidth}{bound.Name} {bound.Bound}: {bound.Value}");
        }
    }

    private static IEnumerable<(string Name, string Value)> Lines(LoadReport r)
    {
        yield return ("clients", $"{r.Clients}, {r.Connected} connected, {r.ConnectedAtEnd} at the end");
        yield return ("time", $"{Duration.Describe(TimeSpan.FromSeconds(r.Seconds))}{(r.Finished ? "" : ", ended early")}");
        yield return ("connect rate", Text($"{r.ConnectRatePerSecond} a second"));
        if (r.ConnectTime is { } connect) yield return ("connect time", Latency(connect));
        yield return ("RTT", r.Rtt is { } rtt ? $"{Latency(rtt)}; {rtt.Count} heartbeats" : "no heartbeat was answered");
        if (r.MessagesSent + r.MessagesRefused + r.MessagesReceived + r.MessagesDropped > 0)
        {
            var dropped = r.MessagesDropped > 0 ? $", {r.MessagesDropped} dropped" : "";
            yield return ("messages", $"{r.MessagesSent} sent, {r.MessagesRefused} refused by full queues, {r.MessagesReceived} received{dropped}");
        }

        if (r.Delivery is { } d)
        {
            yield return ("acknowledged", Text($"{d.Acknowledged}, {d.Lost} lost, {d.Resent} sent again, {d.Duplicates} duplicates received"));
            yield return ("time to ack", d.AcknowledgementTime is { } times ? Latency(times) : "no message was acknowledged");
        }

        yield return ("lost", $"{r.Lost}{Reasons(r.LostBy)}");
        if (r.FailedAttemptsBy.Count > 0) yield return ("failed attempts", $"{r.FailedAttemptsBy.Values.Sum()}{Reasons(r.FailedAttemptsBy)}");
        if (r.Stopped > 0) yield return ("retry forbidden", $"{r.Stopped}");
        yield return ("reconnects", r.Reconnects.ToString(CultureInfo.InvariantCulture));
        if (r.ReconnectSpread is { } spread)
        {
            var counts = Text($"{spread.Attempts} attempts, {spread.MaxPerSecond} in the busiest second, {spread.MeanPerSecond} on average");
            yield return ("reconnect spread", $"{counts}; {AfterFirstMinute(spread)}");
        }

        var bytesPerClient = r.PeakMemoryBytes / (double)Math.Max(r.Clients, 1);
        yield return ("own memory", $"{Numbers.Bytes(r.PeakMemoryBytes)} at its peak, {Numbers.Bytes(bytesPerClient)} a client");
    }

    private static string AfterFirstMinute(Spread spread) => spread.MaxToMeanAfterFirstMinute is { } ratio
        ? Text($"after the first minute the busiest second has {ratio} times the average")
        : "no attempts after the first minute";

    private static string Latency(Latencies l) => $"p50 {Ms(l.P50Ms)}, p99 {Ms(l.P99Ms)}, p99.9 {Ms(l.P999Ms)}, max {Ms(l.MaxMs)}";

    private static string Ms(double milliseconds) => Duration.Describe(TimeSpan.FromMilliseconds(milliseconds));

    private static string Reasons(IReadOnlyDictionary<string, long> counts) =>
        counts.Count == 0 ? "" : $" ({string.Join(", ", counts.Select(c => $"{c.Key} {c.Value}"))})";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
