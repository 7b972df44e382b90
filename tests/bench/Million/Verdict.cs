using System.Globalization;
using HeartbeatGateway.Million.Driving;
using HeartbeatGateway.Million.Measuring;

namespace HeartbeatGateway.Million;

/// <summary>The pass condition, each part of it with the sentence that tells how it failed.</summary>
internal sealed class Verdict
{
    /// <summary>A tick of the wheel, the close, and whatever else the two processors have to do at that moment.</summary>
    public static readonly TimeSpan LateByP99 = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan LateByMost = TimeSpan.FromSeconds(1);

    /// <summary>Between a heartbeat and the limit lie 2 s: a driver that is later than half of that proves nothing of the gateway.</summary>
    private static readonly TimeSpan MostLag = TimeSpan.FromSeconds(1);

    private readonly List<string> _failures = [];

    public bool Holds => _failures.Count == 0;

    /// <summary>What the clients saw.</summary>
    public void Judge(Plan plan, IReadOnlyList<Driver> drivers, long unanswered, Silences silences, Meter meter)
    {
        Require(drivers.Sum(d => d.Connects) == plan.Clients, $"Only {drivers.Sum(d => d.Connects)} of {plan.Clients} clients could connect.");
        Require(meter.LongestLag <= MostLag, $"The driver was {meter.LongestLag.TotalMilliseconds:0} ms late itself: the machine has other things to do, and the run proves nothing.");
        Require(unanswered == 0, $"{unanswered} pings were not answered.");
        Require(silences.ClosedThoughHeard == 0, $"{silences.ClosedThoughHeard} clients that beat were closed.");
        Require(silences.NeverClosed == 0, $"{silences.NeverClosed} clients that fell silent were not closed.");
        Require(silences.Late(0) >= TimeSpan.Zero, $"A client was closed {-silences.Late(0).TotalMilliseconds:0.000} ms before its limit.");
        Require(silences.Late(0.99) <= LateByP99, $"One in a hundred silent clients was closed {silences.Late(0.99).TotalMilliseconds:0} ms late or later, and the bound is {LateByP99.TotalMilliseconds:0} ms.");
        Require(silences.Late(1) <= LateByMost, $"A silent client was closed {silences.Late(1).TotalMilliseconds:0} ms late, and the bound is {LateByMost.TotalMilliseconds:0} ms.");
    }

    /// <summary>What the gateway counted.</summary>
    public void Judge(Plan plan, Silences silences, MetricsPage page)
    {
        Require(page.Imbalance.Equals(0), $"The books are out of balance by {page.Imbalance}.");
        Require(page["connected_clients"].Equals(plan.Clients - silences.Silent), $"{page["connected_clients"]} are connected, not {plan.Clients - silences.Silent}.");
        Require(page["handshaking_connections"].Equals(0), $"{page["handshaking_connections"]} are handshaking.");
        Require(page["connections_closed_total{reason=\"reader_idle\"}"].Equals(silences.Silent), $"{page["connections_closed_total{reason=\"reader_idle\"}"]} were closed as reader_idle, not {silences.Silent}.");
        Require(page.Sum("connections_closed_total").Equals(silences.Silent), $"{page.Sum("connections_closed_total")} were closed, not {silences.Silent}.");
        Require(page.Sum("connections_rejected_total").Equals(0), $"{page.Sum("connections_rejected_total")} were rejected.");
    }

    /// <summary>What is known when all is over.</summary>
    public void Judge(IReadOnlyList<Driver> drivers, LogLines logs)
    {
        Require(drivers.Sum(d => d.Broken) == 0, $"{drivers.Sum(d => d.Broken)} answers were broken or pings not taken.");
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

    public void Tell(TextWriter output, LogLines logs)
    {
        foreach (var (name, count) in logs.Warnings) output.WriteLine($"warnings        {name}: {count}");
        if (logs.FirstError is { } error) output.WriteLine(error);
        foreach (var failure in _failures) output.WriteLine($"FAILED: {failure}");
        output.WriteLine(Holds ? "passed" : "failed");
    }
}
