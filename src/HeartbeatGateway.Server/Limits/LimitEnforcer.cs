using System.Net;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Limits;

/// <summary>
/// Distinguishes enforced limits from report-only ones (<c>Gateway:Admission:Observe</c>), and counts and logs violations of the latter.
/// </summary>
internal sealed class LimitEnforcer(EngineContext context, MemoryPressure memory)
{
    /// <summary>True when a connection above the limit is closed or rejected.</summary>
    public static bool IsEnforced(LimitKind limit, EngineSettings settings) => !settings.ReportOnly.Has(limit);

    /// <summary>True while the process is above a memory limit.</summary>
    public bool IsMemoryExceeded(EngineSettings settings) => memory.IsAbove(settings.Memory, IsEnforced(LimitKind.Memory, settings));

    /// <summary>Counts and logs that an open connection is above a report-only limit, once for each limit.</summary>
    public void ReportViolation(LimitKind limit, ILimitedConnection connection)
    {
        var state = connection.Limits ??= new LimitState();
        if (state.Reported.Has(limit)) return;
        state.Reported |= limit;
        ReportViolation(limit, connection.RemoteEndPoint);
    }

    /// <summary>Counts and logs that a new connection is above report-only limits.</summary>
    public void ReportViolation(LimitKind limits, EndPoint? remote)
    {
        foreach (var (limit, name) in LimitNames.All)
        {
            if (!limits.Has(limit)) continue;
            context.Metrics.LimitObserved(limit);
            if (context.MayLog(LogLevel.Warning, LineKind.Limit, AddressKey.From(remote))) context.Logger.LimitObserved(remote, name);
        }
    }
}
