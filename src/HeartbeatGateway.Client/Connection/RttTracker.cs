using System.Runtime.CompilerServices;

namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// Pairs pings with their answers. The gateway answers every ping, in order, so the n-th answer belongs to the n-th ping, however late it
/// arrives. A ping from the gateway that arrives while none is unanswered is not an answer.
/// </summary>
internal sealed class RttTracker
{
    /// <summary>The number of recent pings whose send times are kept; the answer to an older ping has no round-trip time.</summary>
    private const int Kept = 8;

    private readonly Lock _lock = new();
    private Timestamps _sentAt;
    private Timestamps _messagesBefore;
    private long _confirmed;
    private long _sent;
    private long _answered;

    public int Unanswered
    {
        get
        {
            lock (_lock) return (int)Math.Min(int.MaxValue, _sent - _answered);
        }
    }

    /// <summary>The number of messages that an answered ping has confirmed: the gateway processes frames in order.</summary>
    public long ConfirmedMessages
    {
        get
        {
            lock (_lock) return _confirmed;
        }
    }

    /// <summary>Records a ping.</summary>
    /// <param name="now">The current timestamp.</param>
    /// <param name="messagesBefore">The number of messages that were written before it on this connection.</param>
    public void Sent(long now, long messagesBefore = 0)
    {
        lock (_lock)
        {
            var slot = (int)(_sent++ % Kept);
            _sentAt[slot] = now;
            _messagesBefore[slot] = messagesBefore;
        }
    }

    /// <summary>Records an answer.</summary>
    /// <param name="sentAt">The timestamp of its ping.</param>
    /// <returns>False when no ping is unanswered, or the ping is so old that its timestamp is no longer kept.</returns>
    public bool TryAnswer(out long sentAt)
    {
        lock (_lock)
        {
            sentAt = 0;
            if (_answered == _sent) return false;
            var number = _answered++;
            var slot = (int)(number % Kept);
            sentAt = _sentAt[slot];
            if (_sent - number > Kept) return false;
            _confirmed = _messagesBefore[slot];
            return true;
        }
    }

    [InlineArray(Kept)]
    private struct Timestamps
    {
        private long _first;
    }
}
