using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>Time without the pauses of the process.</summary>
internal static class UnpausedTime
{
    /// <summary>Time since a timestamp, less the recorded pauses of the process.</summary>
    public static TimeSpan ElapsedSince(this ProcessPauses pauses, long timestamp, EngineContext context)
    {
        var now = context.Now;
        return context.Elapsed(timestamp + pauses.Between(timestamp, now), now);
    }
}
