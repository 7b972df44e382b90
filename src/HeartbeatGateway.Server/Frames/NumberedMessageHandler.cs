using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Frames;

/// <summary>
/// Hands numbered messages to the sink, each once and in order. The read loop waits as for other messages, and while too many are not acknowledged; it does not
/// wait for the sink's verdict.
/// </summary>
internal sealed class NumberedMessageHandler(EngineContext context, IMessageSink sink)
{
    /// <summary>What one gap counts at most: a client could otherwise make the counter useless with one number.</summary>
    private const long MaxMissing = 1_000_000;

    /// <returns>Completed, unless the read loop has to pause.</returns>
    public ValueTask Handle(GatewayConnection connection, DeliverySession delivery, in Frame frame, long number, EngineSettings settings)
    {
        // Confirmed, but closed and replaced before it was attached: its client sends again on the connection that is.
        if (delivery.Numbers is not { } numbers) return default;
        var length = (int)frame.Content.Length;
        var reception = numbers.Receive(delivery, number, length, LimitsOf(settings), isRead: true);
        Count(connection, reception);
        return reception.Kind switch
        {
            ReceptionKind.New => Hand(connection, numbers, reception, frame.TypeText, frame.Content.ToArray()),
            ReceptionKind.Wait => new ValueTask(WaitAsync(connection, delivery, reception, number, frame.TypeText, frame.Content.ToArray())),
            _ => default,
        };
    }

    private static UnacknowledgedLimits LimitsOf(EngineSettings settings) => new(settings.MaxUnacknowledged, settings.MaxUnacknowledgedBytes);

    private static void Count(GatewayConnection connection, in Reception reception)
    {
        if (reception.Missing > 0) connection.Metrics.MessagesMissing(Math.Min(reception.Missing, MaxMissing));
        if (reception.Kind == ReceptionKind.Duplicate) connection.Metrics.MessageRepeated();
    }

    private async Task WaitAsync(GatewayConnection connection, DeliverySession delivery, Reception reception, long number, string type, byte[] content)
    {
        var numbers = delivery.Numbers!;
        while (reception.Until is { } until)
        {
            await until.WaitAsync(connection.EndToken);
            reception = numbers.Receive(delivery, number, content.Length, LimitsOf(context.Settings), isRead: false);
            Count(connection, reception);
        }

        if (reception.Kind == ReceptionKind.New) await Hand(connection, numbers, reception, type, content);
    }

    private ValueTask Hand(GatewayConnection connection, InboundNumbers numbers, in Reception reception, string type, byte[] content)
    {
        var entry = reception.Entry!;
        var message = new GatewayMessage
        {
            ClientId = connection.Session!.ClientId,
            ConnectionId = connection.Id,
            RemoteEndPoint = connection.RemoteEndPoint,
            Type = type,
            Content = content,
            ReceivedAt = context.TimeProvider.GetUtcNow(),
            Instance = numbers.Instance,
            Number = entry.Number,
            IsRedelivered = reception.IsRedelivered,
            Settled = entry.ForThisAttempt(),
        };
        ValueTask accepted;
        try
        {
            // Lines and spans of the sink belong to the connection's span.
            using var span = context.Spans.Enter(connection.Id);
            accepted = sink.AcceptAsync(message, connection.EndToken);
        }
        catch (Exception e)
        {
            Failed(connection, numbers, entry, message, e);
            return default;
        }

        if (!accepted.IsCompletedSuccessfully) return new ValueTask(WaitForSinkAsync(connection, numbers, entry, message, accepted));
        CompletedCall.Release(accepted);
        Taken(connection, numbers, entry, message);
        return default;
    }

    /// <summary>The connection may end before the sink has taken the message. The sink goes on, and the next connection waits for it.</summary>
    private async Task WaitForSinkAsync(GatewayConnection connection, InboundNumbers numbers, InboundEntry entry, GatewayMessage message, ValueTask accepted)
    {
        try
        {
            await TakeAsync(connection, numbers, entry, message, accepted).WaitAsync(connection.EndToken);
        }
        catch (OperationCanceledException) when (connection.HasEnded)
        {
            // The client sends the message again if the sink did not take it.
        }
    }

    private async Task TakeAsync(GatewayConnection connection, InboundNumbers numbers, InboundEntry entry, GatewayMessage message, ValueTask accepted)
    {
        try
        {
            await accepted;
            Taken(connection, numbers, entry, message);
        }
        catch (OperationCanceledException) when (connection.HasEnded)
        {
            Settle(numbers, entry, message, MessageVerdict.Dropped);
        }
        catch (Exception e)
        {
            Failed(connection, numbers, entry, message, e);
        }
    }

    private static void Taken(GatewayConnection connection, InboundNumbers numbers, InboundEntry entry, GatewayMessage message)
    {
        connection.Metrics.MessageHandled(MessageOutcome.Accepted);
        if (message.IsDeferred) numbers.Handed(entry);
        else Settle(numbers, entry, message, MessageVerdict.Accepted);
    }

    private static void Settle(InboundNumbers numbers, InboundEntry entry, GatewayMessage message, MessageVerdict verdict)
    {
        message.Settled!(verdict);
        numbers.Handed(entry);
    }

    private void Failed(GatewayConnection connection, InboundNumbers numbers, InboundEntry entry, GatewayMessage message, Exception e)
    {
        connection.Metrics.MessageHandled(MessageOutcome.Failed);
        Settle(numbers, entry, message, MessageVerdict.Dropped);
        if (context.MayLog(LogLevel.Error, LineKind.Failure, connection.Address)) context.Logger.NumberedMessageFailed(e, entry.Number, connection.Id);
    }
}
