using System.Reflection;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Telemetry;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server.Tests.Telemetry;

public sealed class LogTests
{
    [Fact]
    public void Event_ids_and_names_are_explicit_and_unique()
    {
        var events = typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().ToList();
        Assert.NotEmpty(events);
        Assert.All(events, e => Assert.InRange(e.EventId, 1, 99));
        Assert.All(events, e => Assert.False(string.IsNullOrEmpty(e.EventName)));
        Assert.Equal(events.Count, events.Select(e => e.EventId).Distinct().Count());
        Assert.Equal(events.Count, events.Select(e => e.EventName).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Each_label_value_has_a_unique_spelling_and_undefined_values_have_none()
    {
        // The timeout kinds are a subset of the close reasons.
        var kinds = CloseReasons.All.Select(MetricLabels.TimeoutKindOf).OfType<string>().ToList();
        Assert.Equal(["reader_idle", "all_idle", "handshake", "frame", "write"], kinds);
        Check<ReconnectIdentity>(MetricLabels.Of);
        Check<MessageOutcome>(MetricLabels.Of);
        Check<DropReason>(MetricLabels.Of);
        Check<TokenFailure>(MetricLabels.Of);
        Check<LineKind>(MetricLabels.Of);
        Check<HelloFlaw>(MetricLabels.Of);

        static void Check<T>(Func<T, string> spelling)
            where T : struct, Enum
        {
            var labels = Enum.GetValues<T>().Select(spelling).ToList();
            Assert.All(labels, label => Assert.Matches("^[a-z]+(_[a-z]+)*$", label));
            Assert.Equal(labels.Count, labels.Distinct(StringComparer.Ordinal).Count());
            Assert.Throws<ArgumentOutOfRangeException>(() => spelling((T)Enum.ToObject(typeof(T), 99)));
        }
    }

    [Fact]
    public async Task Counts_from_many_threads_are_not_lost()
    {
        var table = new CounterTable(2);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 100_000; i++) table.Add(1, 2);
        })));
        Assert.Equal(0, table.Read(0));
        Assert.Equal(1_600_000, table.Read(1));
    }
}
