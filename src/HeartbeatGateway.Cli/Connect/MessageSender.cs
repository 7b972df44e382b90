using System.Threading.Channels;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>Sends messages and follows them until they are written to the network.</summary>
internal sealed class MessageSender(GatewayClient client, Delivery delivery, string type)
{
    // More than the client's send queue takes, so that this queue never delays a message. When it is full, sending waits.
    private const int MaxFollowed = 4096;

    private readonly Channel<SentMessage> _followed = Channel.CreateBounded<SentMessage>(new BoundedChannelOptions(MaxFollowed) { SingleReader = true });

    /// <summary>The type of the next messages.</summary>
    public string Type { get; set; } = type;

    /// <summary>The messages so far, including those that are not written yet.</summary>
    public long Count { get; private set; }

    /// <summary>Queues a message in the client. Waits while the client's queue is full.</summary>
    /// <returns>Null, or why the client refuses the message; a refused message does not count.</returns>
    public async Task<string?> SendAsync(byte[] content, CancellationToken cancellation)
    {
        Count++;
        try
        {
            await client.SendAsync(Type, content, cancellation);
        }
        catch (ArgumentException e)
        {
            Count--;
            return Messages.WithoutParameter(e);
        }

        await _followed.Writer.WriteAsync(new SentMessage(Type, content.Length), cancellation);
        return null;
    }

    /// <summary>No more messages follow.</summary>
    public void Complete() => _followed.Writer.Complete();

    /// <summary>The messages in order, each when it is written. Ends at <see cref="Complete"/>, or at the first message that is never written.</summary>
    public async IAsyncEnumerable<SentMessage> WrittenAsync()
    {
        var count = 0L;
        await foreach (var message in _followed.Reader.ReadAllAsync())
        {
            if (!await delivery.WrittenAsync(++count, Timeout.InfiniteTimeSpan, CancellationToken.None)) yield break;
            yield return message;
        }
    }
}
