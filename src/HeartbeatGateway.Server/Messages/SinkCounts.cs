using System.Collections.Immutable;

namespace HeartbeatGateway.Server.Messages;

/// <summary>The counts of one sink at one moment.</summary>
/// <param name="Taken">Messages that entered it.</param>
/// <param name="Delivered">Messages that the receiver has.</param>
/// <param name="Rejected">Messages that the receiver refused for good.</param>
/// <param name="DroppedByCause">Messages that were given up, in the order of <see cref="SinkDropCause"/>.</param>
/// <param name="Waiting">Messages that wait for their delivery, or for its repetition.</param>
/// <param name="InFlight">Messages that are being delivered.</param>
public sealed record SinkCounts(long Taken, long Delivered, long Rejected, ImmutableArray<long> DroppedByCause, long Waiting, long InFlight)
{
    /// <summary>Messages that were given up.</summary>
    public long Dropped => DroppedByCause.Sum();

    /// <summary>True when taken = delivered + rejected + dropped + waiting + in flight.</summary>
    public bool IsBalanced => Taken == Delivered + Rejected + Dropped + Waiting + InFlight;
}
