using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Admission;

/// <summary>
/// What happens to a connection above a limit: it ends, or, while the limit is only watched, it is counted and spared. The one place
/// that tells the two apart.
/// </summary>
internal sealed class LimitEnforcer(GatewayEngine engine, LogThrottle throttle)
{
    /// <summary>For a connection that is open. It is counted once for each limit.</summary>
    /// <returns>True when it has to end.</returns>
    public bool Enforces(Limits limit, GatewayConnection connection, EngineSettings settings)
    {
        if (!settings.Observed.HasFlag(limit)) return true;
        var record = connection.Limits ??= new LimitState();
        if (record.Spared.HasFlag(limit)) return false;
        record.Spared |= limit;
        Spare(limit, connection.RemoteEndPoint?.ToString());
        return false;
    }

    /// <summary>A frame that is larger than a stranger's may be has begun to arrive: who sends it must be known, and there must be memory for it.</summary>
    public void JudgeLargeFrame(GatewayConnection connection, EngineSettings settings)
    {
        if (!connection.IsConnected) Enforces(Limits.FirstContent, connection, settings);
        var isEnforced = !settings.Observed.HasFlag(Limits.Memory);
        if (engine.Memory.IsAbove(settings.Memory, isEnforced) && Enforces(Limits.Memory, connection, settings)) connection.End(CloseReason.LimitMemory);
    }

    /// <summary>Counts and tells the limits that a newcomer is above of and that are only watched.</summary>
    public void Spare(Limits limits, string? remote)
    {
        foreach (var (limit, name) in LimitNames.All)
        {
            if (!limits.HasFlag(limit)) continue;
            engine.Metrics.LimitObserved(limit);
            if (throttle.Allows()) engine.Logger.LimitObserved(remote, name);
        }
    }
}
