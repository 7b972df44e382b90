using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Server.Tests.Timeouts;

internal static class IdleStateExtensions
{
    /// <summary>Checks the state and acknowledges the event that is due, as the timer does.</summary>
    public static IdleCheck Take(this ref IdleState state, long now, in IdleLimits limits, ProcessPauses pauses, bool reading = false)
    {
        var check = state.Check(now, limits, pauses, reading);
        if (check.Event is { } kind) state.Acknowledge(kind, now);
        return check;
    }
}
