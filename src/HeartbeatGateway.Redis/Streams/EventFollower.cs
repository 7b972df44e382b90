using System.Threading.Channels;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Streams;

/// <summary>One reader of the events. Bounded: a reader that falls behind loses the newest events, and is told of it by the next one that fits.</summary>
internal sealed class EventFollower
{
    /// <summary>The most events that wait for a reader.</summary>
    public const int Max = 16_384;

    private readonly Channel<ClusterEvent> _events = System.Threading.Channels.Channel.CreateBounded<ClusterEvent>(
        new BoundedChannelOptions(Max) { SingleWriter = true, SingleReader = true });

    private volatile bool _hasGap;

    public ChannelReader<ClusterEvent> Events => _events.Reader;

    /// <summary>The next event follows a gap.</summary>
    public void Lost() => _hasGap = true;

    /// <summary>Hands on an event. Called by one thread at a time.</summary>
    public void Add(ClusterEvent e)
    {
        // Lost may be called meanwhile only by the same thread, so the flag is not overwritten.
        if (_events.Writer.TryWrite(_hasGap ? e with { FollowsGap = true } : e)) _hasGap = false;
        else _hasGap = true;
    }
}
