using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>A numbered message that was received and is not acknowledged. Its state changes under the lock of its <see cref="InboundNumbers"/>.</summary>
internal sealed class InboundEntry(InboundNumbers owner, long number, int bytes)
{
    public enum State : byte
    {
        /// <summary>The sink has it, or is about to get it.</summary>
        InFlight,

        /// <summary>The sink has decided; earlier messages may still be in flight.</summary>
        Settled,

        /// <summary>The sink gave it up: the number is accepted anew.</summary>
        Dropped,
    }

    public long Number => number;

    public int Bytes => bytes;

    public State Current { get; set; }

    /// <summary>How often it was handed to the sink. A verdict on an earlier attempt does not count.</summary>
    public int Attempt { get; set; }

    /// <summary>The callback of the attempt that is about to begin.</summary>
    public Action<MessageVerdict> ForThisAttempt()
    {
        var attempt = Attempt;
        return verdict => owner.Settle(this, attempt, verdict);
    }
}
