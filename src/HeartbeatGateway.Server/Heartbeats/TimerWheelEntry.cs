namespace HeartbeatGateway.Server.Heartbeats;

/// <summary>Something that the <see cref="TimerWheel"/> visits. The links are the wheel's; they cost no allocation per visit.</summary>
internal abstract class TimerWheelEntry
{
    internal TimerWheelEntry? Previous;
    internal TimerWheelEntry? Next;
    internal long DueTick = long.MaxValue;
    internal WheelPlace Place;

    internal enum WheelPlace : byte
    {
        Outside,
        InSlot,
        BeingVisited,
        Removed,
    }

    /// <summary>Called on the wheel's thread, never before the deadline that was asked for, never twice at once. Must not block or throw.</summary>
    /// <returns>When to visit next, as timestamp; <see cref="long.MaxValue"/> to be left alone until scheduled again.</returns>
    internal abstract long Visit(long now);
}
