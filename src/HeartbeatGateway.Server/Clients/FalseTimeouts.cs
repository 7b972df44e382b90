using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Clients;

/// <summary>
/// A client whose connection reached an idle timeout and that was back soon after was probably alive: the limit was too short for it, or the network
/// failed for a moment.
/// </summary>
internal static class FalseTimeouts
{
    /// <summary>The longest time from the timeout to the first valid frame of the next connection.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>True for the idle timeouts of connected clients.</summary>
    public static bool IsIdleTimeout(CloseReason reason) => reason is CloseReason.ReaderIdle or CloseReason.AllIdle;
}
