using System.Threading.Channels;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>Sends messages and follows them until they are written to the network.</summary>
internal sealed class MessageSender(GatewayClient client, Delivery delivery, string type) : IMessageSender
{
    // More than the client's send queue takes, so that this queue never delays a message. When it is full, sending waits.
    private const int MaxFollowed = 4096;

    private readonly Channel<SentMessage> _followed = Channel.CreateBounded<SentMessage>(new BoundedChannelOptions(MaxFollowed) { SingleReader = true });

    public string Type { get; set; } = type;

    /// <summary>The messages so far, including those that are not written yet.</summary>
    public long Count { get; private set; }

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

    public void Complete() => _followed.Writer.Complete();

    /// <summary>Shows each message when it is written to the network. Runs apart from the client's sender, which must not wait for the output.</summary>
    public async Task ShowAsync(IConnectView view, Action<Action> show)
    {
        var count = 0L;
        await foreach (var message in _followed.Reader.ReadAllAsync())
        {
            if (!await delivery.WrittenAsync(++count, Timeout.InfiniteTimeSpan, CancellationToken.None)) return;
            show(() => view.Sent(message.Type, message.Bytes));
        }
    }

    public Task WaitAsync(TimeSpan patience, CancellationToken cancellation) => delivery.WrittenAsync(Count, patience, cancellation);

    public void Sum(ConnectSummary summary)
    {
        (summary.Sent, summary.MayBeLost) = (delivery.WrittenCount, delivery.MayBeLost);
        summary.NotDelivered = Count - summary.Sent;
    }
}
