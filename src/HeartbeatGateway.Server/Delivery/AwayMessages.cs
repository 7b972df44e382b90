using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>
/// Messages that this node has accepted, and that another node or the directory of the cluster holds: their results are told by the node that settles them.
/// Bounded in count and time. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="tell">Tells the result of a message for which no node has told one.</param>
/// <param name="capacity">The most messages that are waited for.</param>
internal sealed class AwayMessages(TimeProvider timeProvider, Action<MessageDelivery, DeliveryResult> tell, int capacity = AwayMessages.Capacity)
{
    /// <summary>The most messages that are waited for.</summary>
    public const int Capacity = 100_000;

    /// <summary>How long a result is waited for after the message's time: the other node counts the time that is left when it gets the message.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, (MessageDelivery Delivery, long Until)> _messages = [];
    private readonly long _grace = timeProvider.ToTimestampUnits(Grace);
    private long _earliest = long.MaxValue;

    public int Count
    {
        get { lock (_lock) return _messages.Count; }
    }

    /// <summary>Waits for the result of a message.</summary>
    /// <param name="delivery">The message.</param>
    /// <param name="deadline">The timestamp at which it expires.</param>
    /// <returns>False when too many are waited for.</returns>
    public bool TryAdd(MessageDelivery delivery, long deadline)
    {
        var until = deadline > long.MaxValue - _grace ? long.MaxValue : deadline + _grace;
        lock (_lock)
        {
            if (_messages.Count >= capacity) return false;
            _messages[delivery.Number] = (delivery, until);
            _earliest = Math.Min(_earliest, until);
            return true;
        }
    }

    /// <summary>Ends the wait for a message: its result is known, or it has come back.</summary>
    /// <param name="number">Its number among the messages of this process.</param>
    /// <returns>Null when it is not waited for.</returns>
    public MessageDelivery? Take(long number)
    {
        lock (_lock) return _messages.Remove(number, out var message) ? message.Delivery : null;
    }

    /// <summary>Lets messages expire of which nothing was told in time.</summary>
    public void Sweep(long now)
    {
        List<MessageDelivery> ended = [];
        lock (_lock)
        {
            if (now < _earliest) return;
            _earliest = long.MaxValue;
            foreach (var (number, (delivery, until)) in _messages)
            {
                if (until > now) _earliest = Math.Min(_earliest, until);
                // Removing does not disturb the enumeration.
                else if (_messages.Remove(number)) ended.Add(delivery);
            }
        }

        foreach (var delivery in ended) tell(delivery, delivery.Result == DeliveryResult.NodeUnknown ? DeliveryResult.NodeUnknown : DeliveryResult.Expired);
    }

    /// <summary>The gateway has stopped: the other nodes may still deliver them, but it will not learn that.</summary>
    public void Close()
    {
        List<MessageDelivery> ended;
        lock (_lock)
        {
            ended = [.. _messages.Values.Select(m => m.Delivery)];
            _messages.Clear();
        }

        foreach (var delivery in ended) tell(delivery, DeliveryResult.NodeUnknown);
    }
}
