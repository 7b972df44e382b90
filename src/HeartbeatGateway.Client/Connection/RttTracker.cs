using System.Runtime.CompilerServices;

namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// Pairs pings with their answers. The gateway answers every ping, in order, so the n-th answer belongs to the n-th ping, however late it
/// comes; a ping that nobody waits for is the gateway's own.
/// </summary>
internal sealed class RttTracker
{
    /// <summary>Times of how many of the last pings are kept; the answer of an older one has no round trip.</summary>
    private const int Kept = 8;

    private readonly Lock _lock = new();
    private Timestamps _sentAt;
    private long _sent;
    private long _answered;

    public int Unanswered
    {
        get
        {
            lock (_lock) return (int)Math.Min(int.MaxValue, _sent - _answered);
        }
    }

    public void Sent(long now)
    {
        lock (_lock) _sentAt[(int)(_sent++ % Kept)] = now;
    }

    /// <summary>An answer came.</summary>
    /// <param name="sentAt">When its ping was sent.</param>
    /// <returns>False when no ping waits for an answer, or the ping is so old that its time is not known any more.</returns>
    public bool TryAnswer(out long sentAt)
    {
        lock (_lock)
        {
            sentAt = 0;
            if (_answered == _sent) return false;
            var number = _answered++;
            sentAt = _sentAt[(int)(number % Kept)];
            return _sent - number <= Kept;
        }
    }

    [InlineArray(Kept)]
    private struct Timestamps
    {
        private long _first;
    }
}
