using System.CommandLine;
using System.Globalization;
using HeartbeatGateway.Cli.Options;

namespace HeartbeatGateway.Cli.Load;

/// <summary>The bounds that a load run is checked against.</summary>
internal sealed class LoadBounds
{
    private readonly Option<TimeSpan?> _p50 = Duration.Optional("--max-p50", "Bound: the median round-trip time.");
    private readonly Option<TimeSpan?> _p99 = Duration.Optional("--max-p99", "Bound: the 99th percentile of the round-trip time.");
    private readonly Option<TimeSpan?> _p999 = Duration.Optional("--max-p999", "Bound: the 99.9th percentile of the round-trip time.");
    private readonly Option<TimeSpan?> _max = Duration.Optional("--max-rtt", "Bound: the longest round-trip time.");
    private readonly Option<long?> _lost = new("--max-lost") { Description = "Bound: the number of lost connections.", HelpName = "number" };
    private readonly Option<long?> _lostMessages = new("--max-lost-messages")
    {
        Description = "Bound, with --ack: the number of messages that were given up without an acknowledgement.",
        HelpName = "number",
    };

    private readonly Option<long?> _unconnected = new("--max-unconnected")
    {
        Description = "Bound: the number of clients that never connected.",
        HelpName = "number",
    };

    private readonly Option<double?> _rate = new("--min-connect-rate")
    {
        Description = "Bound: the rate of first connections per second, from the start until the last of them.",
        HelpName = "number",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_p50, _p99, _p999, _max, _lost, _lostMessages, _unconnected, _rate]) command.Add(option);
    }

    /// <summary>Checks a report against the given bounds. A latency without a measurement misses its bound.</summary>
    public IReadOnlyList<LoadBound> Evaluate(ParseResult parsed, LoadReport report)
    {
        var bounds = new List<LoadBound>();
        Latency(_p50, report.Rtt?.P50Ms);
        Latency(_p99, report.Rtt?.P99Ms);
        Latency(_p999, report.Rtt?.P999Ms);
        Latency(_max, report.Rtt?.MaxMs);
        if (parsed.GetValue(_lost) is { } lost) bounds.Add(new LoadBound(_lost.Name, Number(lost), Number(report.Lost), report.Lost <= lost));
        if (parsed.GetValue(_lostMessages) is { } lostMessages)
        {
            var value = report.Delivery is { } delivery ? Number(delivery.Lost) : "not measured";
            bounds.Add(new LoadBound(_lostMessages.Name, Number(lostMessages), value, report.Delivery?.Lost <= lostMessages));
        }

        if (parsed.GetValue(_unconnected) is { } unconnected)
        {
            bounds.Add(new LoadBound(_unconnected.Name, Number(unconnected), Number(report.NeverConnected), report.NeverConnected <= unconnected));
        }

        if (parsed.GetValue(_rate) is { } rate)
        {
            bounds.Add(new LoadBound(_rate.Name, Number(rate), Number(report.ConnectRatePerSecond), report.ConnectRatePerSecond >= rate));
        }

        return bounds;

        void Latency(Option<TimeSpan?> option, double? milliseconds)
        {
            if (parsed.GetValue(option) is not { } bound) return;
            bounds.Add(new LoadBound(
                option.Name,
                Duration.Describe(bound),
                milliseconds is { } ms ? Duration.Describe(TimeSpan.FromMilliseconds(ms)) : "not measured",
                milliseconds <= bound.TotalMilliseconds));
        }
    }

    private static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}

/// <summary>A bound and its result.</summary>
/// <param name="Name">The option that sets the bound.</param>
/// <param name="Bound">The required value.</param>
/// <param name="Value">The measured value.</param>
/// <param name="Met">True when the run met the bound.</param>
internal sealed record LoadBound(string Name, string Bound, string Value, bool Met);
