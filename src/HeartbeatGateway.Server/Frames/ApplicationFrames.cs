using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Frames;

/// <summary>
/// Handles the frames that are no ping and no hello: application messages, and on connections with the feature <c>ack</c> acknowledgements. There, the first
/// numbered frame registers the client.
/// </summary>
internal sealed class ApplicationFrames(EngineContext context, ClientRegistry clients, HelloHints hints, MessageHandler messages, NumberedMessageHandler numbered)
{
    /// <param name="connection">The connection.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="number">Its number, on a connection with the feature <c>ack</c>; null for none.</param>
    /// <param name="settings">The settings in force.</param>
    /// <param name="now">The timestamp of the read that brought it.</param>
    /// <returns>Completed, unless the read loop has to pause.</returns>
    public ValueTask Handle(GatewayConnection connection, in Frame frame, FrameNumber? number, EngineSettings settings, long now)
    {
        if (number is not { } read || connection.Session?.Ack is not { } ack)
        {
            hints.Note(connection, frame, settings);
            return messages.Handle(connection, frame);
        }

        var isAck = frame.Kind == FrameKind.Ack;
        if (!ack.IsConfirmed)
        {
            using var span = context.Spans.Enter(connection.Id);
            if (!clients.Confirm(connection, isAck ? read.Number : 0, now)) return default;
        }
        else if (isAck) ack.Delivery.Client.Outbox.Acknowledge(ack.Delivery.Connection, read.Number);

        return isAck ? default : numbered.Handle(connection, ack.Delivery, frame, read.Number, settings);
    }

    /// <inheritdoc cref="IFrameHandler.EndRead"/>
    public static void EndRead(ClientSession session)
    {
        if (session.Ack is not { Delivery: { Numbers: { } numbers } delivery }) return;
        // One that found no room is sent again with the next read, which comes with the next ping at the latest.
        if (delivery.Connection is AckConnection { HasMissed: true }) numbers.Repeat(delivery);
        numbers.EndRead(delivery);
    }
}
