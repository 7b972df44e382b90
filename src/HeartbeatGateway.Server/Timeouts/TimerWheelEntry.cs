using HeartbeatGateway.Server.Limits;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>An entry of the <see cref="TimerWheel"/>. The wheel owns the links, so that a visit allocates nothing.</summary>
internal abstract class TimerWheelEntry
{
    internal TimerWheelEntry? Previous;
    internal TimerWheelEntry? Next;
    internal long DueTick = long.MaxValue;
    internal WheelPlace Place;

    /// <summary>Visits in a row at which a due deadline was put off for unread input. Written by <see cref="ConnectionTimeouts"/>.</summary>
    internal PutOffs PutOffs;
    internal bool IsPutOff;

    /// <summary>The kernel asks the other end for an acknowledgement (<see cref="SilenceProbe"/>). Written by <see cref="ConnectionTimeouts"/>.</summary>
    internal bool IsProbed;

    internal enum WheelPlace : byte
    {
        Outside,
        InSlot,
        BeingVisited,
        Removed,
    }

    /// <summary>Called on the wheel's thread, never before the requested deadline, never concurrently for one entry. Must not block or throw.</summary>
    /// <returns>The timestamp of the next visit; <see cref="long.MaxValue"/> for none until it is scheduled again.</returns>
    internal abstract long OnTimer(long now);
}
