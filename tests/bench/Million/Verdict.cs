using System.Globalization;
using HeartbeatGateway.Million.Driving;
using HeartbeatGateway.Million.Measuring;

namespace HeartbeatGateway.Million;

/// <summary>The pass condition. Each part has a message that describes its failure.</summary>
internal sealed class Verdict
{
    /// <summary>Time for a tick of the wheel, the close, and the other work of the two processors at that moment.</summary>
    public static readonly TimeSpan LateByP99 = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan LateByMost = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The idle timeout is 2 s longer than the heartbeat interval. If the driver is later than half of that, the run proves nothing about the
    /// gateway.
    /// </summary>
    private static readonly TimeSpan MostLag = TimeSpan.FromSeconds(1);

    private readonly List<string> _failures = [];

    public bool Holds => _failures.Count == 0;

    /// <summary>Checks what the clients saw.</summary>
    public void Judge(Plan plan, IReadOnlyList<Driver> drivers, long unanswered, Silences silences, Meter meter)
    {
        Require(drivers.Sum(d => d.Connects) == plan.Clients, $"Only {drivers.Sum(d => d.Connects)} of {plan.Clients} clients could connect.");
        var (lag, p99, max) = (meter.LongestLag.TotalMilliseconds, silences.Late(0.99).TotalMilliseconds, silences.Late(1).TotalMilliseconds);
        Require(meter.LongestLag <= MostLag, $"The driver itself was {lag:0} ms late: the machine is busy with other work, and the run proves nothing.");
        Require(unanswered == 0, $"{unanswered} pings were not answered.");
        Require(silences.ClosedThoughHeard == 0, $"{silences.ClosedThoughHeard} clients that sent heartbeats were closed.");
        Require(silences.NeverClosed == 0, $"{silences.NeverClosed} silent clients were not closed.");
        Require(silences.Late(0) >= TimeSpan.Zero, $"A client was closed {-silences.Late(0).TotalMilliseconds:0.000} ms before its idle timeout.");
        Require(
            silences.Late(0.99) <= LateByP99,
            $"One in a hundred silent clients was closed {p99:0} ms late or later; the bound is {LateByP99.TotalMilliseconds:0} ms.");
        Require(silences.Late(1) <= LateByMost, $"A silent client was closed {max:0} ms late; the bound is {LateByMost.TotalMilliseconds:0} ms.");
    }

    /// <summary>Checks what the gateway counted.</summary>
    public void Judge(Plan plan, Silences silences, MetricsPage page)
    {
        var (idle, closed) = (page["connections_closed_total{reason=\"reader_idle\"}"], page.Sum("connections_closed_total"));
        var (connected, expected) = (page["connected_clients"], plan.Clients - silences.Silent);
        Require(page.Imbalance.Equals(0), $"The metrics are out of balance (opened = connected + handshaking + closed) by {page.Imbalance}.");
        Require(connected.Equals(expected), $"{connected} clients are connected, not {expected}.");
        Require(page["handshaking_connections"].Equals(0), $"{page["handshaking_connections"]} connections are handshaking.");
        Require(idle.Equals(silences.Silent), $"{idle} connections were closed as reader_idle, not {silences.Silent}.");
        Require(closed.Equals(silences.Silent), $"{closed} connections were closed, not {silences.Silent}.");
        Require(page.Sum("connections_rejected_total").Equals(0), $"{page.Sum("connections_rejected_total")} connections were rejected.");
    }

    /// <summary>Checks what is known after the service has stopped.</summary>
    public void Judge(IReadOnlyList<Driver> drivers, LogLines logs)
    {
        Require(drivers.Sum(d => d.Broken) == 0, $"{drivers.Sum(d => d.Broken)} answers were invalid or pings not accepted.");
        Require(logs.Errors == 0, $"{logs.Errors} errors were logged.");
    }

    public void Require(bool holds, FormattableString failure)
    {
        if (!holds) _failures.Add(failure.ToString(CultureInfo.InvariantCulture));
    }

    public void Require(bool holds, string failure)
    {
        if (!holds) _failures.Add(failure);
    }

    public void Report(TextWriter output, LogLines logs)
    {
        foreach (var (name, count) in logs.Warnings) output.WriteLine($"warnings        {name}: {count}");
        if (logs.FirstError is { } error) output.WriteLine(error);
        foreach (var failure in _failures) output.WriteLine($"FAILED: {failure}");
        output.WriteLine(Holds ? "passed" : "failed");
    }
}
