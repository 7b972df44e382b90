using System.Threading.Channels;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>With <c>--ack</c>: sends messages and follows them until the gateway has acknowledged them.</summary>
internal sealed class AcknowledgedSender(GatewayClient client, string type, TimeProvider time) : IMessageSender
{
    // When so many messages wait for their acknowledgement, sending waits.
    private const int MaxFollowed = 4096;

    private readonly Channel<Message> _followed = Channel.CreateBounded<Message>(new BoundedChannelOptions(MaxFollowed) { SingleReader = true });

    /// <summary>Counts messages whose outcome is known.</summary>
    private readonly Delivery _settled = new(time);
    private long _count;

    public string Type { get; set; } = type;

    public async Task<string?> SendAsync(byte[] content, CancellationToken cancellation)
    {
        Task<long> acknowledged;
        var queuedAt = time.GetTimestamp();
        try
        {
            // Not cancelled with the session: the end of the client settles it.
            acknowledged = client.SendAcknowledgedAsync(Type, content, CancellationToken.None);
        }
        catch (ArgumentException e)
        {
            return Messages.WithoutParameter(e);
        }

        _count++;
        await _followed.Writer.WriteAsync(new Message(new SentMessage(Type, content.Length), acknowledged, queuedAt), cancellation);
        return null;
    }

    public void Complete() => _followed.Writer.Complete();

    public async Task ShowAsync(IConnectView view, Action<Action> show)
    {
        await foreach (var message in _followed.Reader.ReadAllAsync())
        {
            try
            {
                var number = await message.Acknowledged;
                var after = time.GetElapsedTime(message.QueuedAt);
                show(() => view.Acknowledged(message.Sent.Type, message.Sent.Bytes, number, after));
            }
            catch (Exception e) when (e is MessageNotAcknowledgedException or MessageTooLargeException)
            {
                show(() => view.Note(e is ArgumentException argument ? Messages.WithoutParameter(argument) : e.Message));
            }
            catch (Exception e) when (e is ObjectDisposedException or GatewayClosedException)
            {
                // The client stopped before there was room to send; the summary counts it.
            }

            _settled.Written(1);
        }
    }

    public Task WaitAsync(TimeSpan patience, CancellationToken cancellation) => _settled.WrittenAsync(_count, patience, cancellation);

    public void Sum(ConnectSummary summary)
    {
        var counts = client.Acknowledgements;
        (summary.Sent, summary.MayBeLost, summary.NotDelivered) = (counts.Sent, counts.Sent - counts.Acknowledged, _count - counts.Sent);
        summary.Acknowledgements = counts;
    }

    private readonly record struct Message(SentMessage Sent, Task<long> Acknowledged, long QueuedAt);
}
