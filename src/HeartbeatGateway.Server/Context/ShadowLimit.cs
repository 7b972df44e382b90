using System.Collections.Immutable;
using System.Globalization;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Context;

/// <summary>A candidate for the reader-idle limit: it is evaluated, not enforced.</summary>
/// <param name="Limit">The limit, in timestamp units.</param>
/// <param name="Reached">Counts the silences that reached it.</param>
internal readonly record struct ShadowLimit(long Limit, CounterTable Reached)
{
    /// <summary>The candidates of the options, the shortest first. Their series exist from here on.</summary>
    public static ImmutableArray<ShadowLimit> From(IEnumerable<TimeSpan> limits, TimeProvider timeProvider, GatewayMetrics metrics) =>
        [.. limits.Order().Select(limit => new ShadowLimit(timeProvider.ToTimestampUnits(limit), metrics.WouldTimeOutAt(LabelOf(limit))))];

    /// <summary>The limit in seconds, as the label has it.</summary>
    private static string LabelOf(TimeSpan limit) => limit.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
