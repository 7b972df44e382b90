using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Context;

/// <summary>
/// Limits the log lines that peers can cause, by kind and by address, so that neither one kind of line nor one peer hides the others. Counts the suppressed
/// lines.
/// </summary>
internal sealed class PeerLines(TimeProvider timeProvider, GatewayMetrics metrics)
{
    private readonly KindLines[] _kinds = [.. Enum.GetValues<LineKind>().Select(_ => new KindLines())];

    /// <summary>Asks for one line.</summary>
    /// <param name="kind">The kind of the line.</param>
    /// <param name="address">The address that the line is about.</param>
    /// <param name="budget">The budget in force.</param>
    /// <param name="isCounted">A refusal is counted as a suppressed line; false when the caller asks again.</param>
    /// <returns>False when the line is suppressed.</returns>
    public bool TryTake(LineKind kind, AddressKey address, in LineBudget budget, bool isCounted = true)
    {
        if (_kinds[(int)kind].TryTake(address, budget, timeProvider.GetTimestamp(), isCounted)) return true;
        if (isCounted) metrics.LogLineSuppressed(kind);
        return false;
    }

    /// <summary>What was suppressed since the last call, by kind.</summary>
    public IEnumerable<(LineKind Kind, SuppressedLines Lines)> TakeSuppressed()
    {
        foreach (var kind in Enum.GetValues<LineKind>())
        {
            if (_kinds[(int)kind].TakeSuppressed() is { } lines) yield return (kind, lines);
        }
    }
}
