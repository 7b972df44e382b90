using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Webhook;

/// <summary>
/// Passes messages to the webhook. At the bound of messages and bytes the sender waits, and with it its connection alone. A message is settled when the receiver
/// or the dead-letter file has it.
/// </summary>
internal sealed class WebhookSink(WebhookSettingsStore store, WebhookLanes lanes, WebhookStop stop, TimeProvider timeProvider) : INamedMessageSink, IWebhookMessageOwner
{
    /// <summary>The name in <c>Gateway:Messages:Sinks</c>.</summary>
    public const string SinkName = "webhook";

    /// <summary>What a message takes beside its content and its type, about.</summary>
    private const int OverheadBytes = 512;

    private readonly WebhookRoom _room = new(() => (store.Current.Options.MaxWaitingMessages, store.Current.Options.MaxWaitingBytes));
    private readonly string _process = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private long _counter;

    public string Name => SinkName;

    public SinkBooks Books { get; } = new();

    public DateTimeOffset? OldestWaiting => lanes.OldestWaiting;

    public bool IsStopped => stop.IsStopped(store.Current);

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        if (!_room.TryEnter(BytesOf(message))) return WaitAsync(message, cancellationToken);
        Take(message);
        return ValueTask.CompletedTask;
    }

    public void Left(GatewayMessage message) => _room.Leave(BytesOf(message));

    private async ValueTask WaitAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        await _room.EnterAsync(BytesOf(message), cancellationToken);
        Take(message);
    }

    private void Take(GatewayMessage message)
    {
        Books.Take();
        lanes.Add(message.ClientId ?? $"{message.ConnectionId}", new WebhookMessage(this, message, IdOf(message), timeProvider.GetTimestamp(), timeProvider.GetUtcNow()));
    }

    /// <summary>A numbered message keeps its id when its client sends it again, also to another gateway.</summary>
    private string IdOf(GatewayMessage message) => message is { ClientId: { } client, Instance: { } instance, Number: { } number }
        ? string.Create(CultureInfo.InvariantCulture, $"{client}/{PrintableText.From(instance, HelloPayload.MaxTextLength)}/{number}")
        : string.Create(CultureInfo.InvariantCulture, $"{message.ConnectionId}-{Interlocked.Increment(ref _counter)}-{_process}");

    private static int BytesOf(GatewayMessage message) => message.Content.Length + Encoding.UTF8.GetByteCount(message.Type) + OverheadBytes;
}
