using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Frames;

/// <summary>Hands application messages without a number to the sink. While the sink is full, the read loop of that connection pauses.</summary>
internal sealed class MessageHandler(EngineContext context, IMessageSink sink)
{
    /// <returns>Completed, unless the sink is full.</returns>
    public ValueTask Handle(GatewayConnection connection, in Frame frame)
    {
        var message = new GatewayMessage
        {
            ClientId = connection.Session?.ClientId,
            ConnectionId = connection.Id,
            RemoteEndPoint = connection.RemoteEndPoint,
            Type = frame.TypeText,
            Content = frame.Content.ToArray(),
            ReceivedAt = context.TimeProvider.GetUtcNow(),
            Instance = connection.Session?.Instance,
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
            Failed(connection, e);
            return default;
        }

        if (!accepted.IsCompletedSuccessfully) return new ValueTask(WaitAsync(connection, accepted));
        CompletedCall.Release(accepted);
        connection.Metrics.MessageHandled(MessageOutcome.Accepted);
        return default;
    }

    private async Task WaitAsync(GatewayConnection connection, ValueTask accepted)
    {
        try
        {
            await accepted.AsTask().WaitAsync(connection.EndToken);
            connection.Metrics.MessageHandled(MessageOutcome.Accepted);
        }
        catch (OperationCanceledException) when (connection.HasEnded)
        {
            connection.Metrics.MessageHandled(MessageOutcome.Abandoned);
        }
        catch (Exception e)
        {
            Failed(connection, e);
        }
    }

    private void Failed(GatewayConnection connection, Exception e)
    {
        connection.Metrics.MessageHandled(MessageOutcome.Failed);
        if (context.MayLog(LogLevel.Error, LineKind.Failure, connection.Address)) context.Logger.MessageSinkFailed(e, connection.Id);
    }
}
