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
