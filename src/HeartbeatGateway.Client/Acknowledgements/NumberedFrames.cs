using HeartbeatGateway.Client.Connection;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Acknowledgements;

/// <summary>
/// Writes the numbered frames of one connection on which acknowledgements were granted: first the acknowledgement of the gateway's messages, then the kept
/// messages again, then new ones. Used by the sender of the connection, except <see cref="Acknowledge"/>.
/// </summary>
internal sealed class NumberedFrames(ClientContext client, TokenSigner signer, SentTokens tokens, UnacknowledgedMessages messages, long generation)
{
    private const long None = -1;

    /// <summary>The number to acknowledge with the next write.</summary>
    private long _received = None;

    /// <summary>True while the gateway has not acknowledged everything that was sent.</summary>
    public bool AwaitsAcknowledgement => messages.Count > 0;

    /// <summary>The gateway's messages through a number were received. Later calls before a write replace earlier ones.</summary>
    public void Acknowledge(long received) => Interlocked.Exchange(ref _received, received);

    /// <summary>Adds the acknowledgement that is due.</summary>
    public void AddAcknowledgement(PooledBuffer batch)
    {
        if (Interlocked.Exchange(ref _received, None) is not None and var received) Add(batch, FrameKinds.Ack, default, received);
    }

    /// <summary>Adds messages up to a size of the batch.</summary>
    /// <returns>The number of messages that are sent for the first time.</returns>
    public int AddMessages(PooledBuffer batch, int maxBytes)
    {
        while (batch.Length < maxBytes && messages.TryResend(out var message))
        {
            if (!client.SendLimit.Allows(message.Frame.Content.Length))
            {
                GiveUp(message);
                continue;
            }

            messages.CountResent();
            Add(batch, message.Frame.Type.Span, message.Frame.Content, message.Number);
        }

        var first = 0;
        while (batch.Length < maxBytes && client.SendQueue.TryTake(messages.Room, out var frame))
        {
            if (client.DropsTooLarge(frame)) continue;
            Add(batch, frame.Type.Span, frame.Content, messages.Add(frame).Number);
            first++;
        }

        return first;
    }

    /// <summary>The limit of this gateway is lower than that of the one before.</summary>
    private void GiveUp(UnacknowledgedMessage message)
    {
        messages.GiveUp(message, client.SendLimit.ExceededBy(message.Frame.Content.Length));
        client.Drops.Report(MessageDropReason.TooLarge, 1);
    }

    private void Add(PooledBuffer batch, ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content, long number)
    {
        var offset = batch.Length;
        signer.WriteNumbered(batch, type, content, client.Clock.UnixSeconds, new FrameNumber(number, generation));
        tokens.Add(batch.Written.Span[offset..]);
    }
}
