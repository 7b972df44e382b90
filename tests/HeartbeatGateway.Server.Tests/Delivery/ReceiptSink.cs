using System.Collections.Concurrent;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>A sink that takes each message at once, and settles it when the test says so.</summary>
internal sealed class ReceiptSink : IMessageSink
{
    public ConcurrentQueue<(GatewayMessage Message, MessageReceipt Receipt)> Taken { get; } = [];

    public IReadOnlyList<long?> Numbers => [.. Taken.Select(t => t.Message.Number)];

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        Taken.Enqueue((message, message.Defer()));
        return ValueTask.CompletedTask;
    }

    /// <summary>Settles the latest attempt of a number.</summary>
    public void Settle(long number, MessageVerdict verdict = MessageVerdict.Accepted) => Taken.Last(t => t.Message.Number == number).Receipt.Settle(verdict);
}
