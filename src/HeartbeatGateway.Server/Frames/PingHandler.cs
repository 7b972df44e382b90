using System.Buffers;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Outbound;

namespace HeartbeatGateway.Server.Frames;

/// <summary>Answers pings.</summary>
internal sealed class PingHandler(EngineContext context, LimitEnforcer limits)
{
    public void Handle(GatewayConnection connection, TokenSigner signer, EngineSettings settings, long now, long unixSeconds)
    {
        if (settings.PingsPerSecond > 0 && !connection.IsProbe && IsFlood(connection, settings, now)) return;
        // After a planned close: the close frame was the last one.
        if (connection.HasEnded) return;
        var metrics = connection.Metrics;
        if (connection.LastPing != 0)
        {
            var gap = context.Elapsed(connection.LastPing, now);
            connection.Gaps.Add(gap);
            metrics.HeartbeatInterval(gap);
        }

        connection.LastPing = now;
        // The read loop flushes once for all the frames of a read.
        if (connection.Queue(signer.Ping(unixSeconds), FrameKind.Ping, isAnswer: true, isBorrowed: signer.IsPerClient) == OutboundResult.Accepted) metrics.HeartbeatAnswered();
    }

    /// <inheritdoc cref="IFrameHandler.HandleRepeats"/>
    public void HandleRepeats(GatewayConnection connection, in Frame ping, ref ReadOnlySequence<byte> bytes, EngineSettings settings, int most)
    {
        // With a limit on pings each one is counted, and so is the first one after the keys have changed.
        if (settings.PingsPerSecond > 0 || !ping.Content.IsEmpty || connection.Signer is not { } signer || !settings.IsOwn(signer)) return;
        var count = FrameBuffer.TakeRepeats(ref bytes, ping.Header, most);
        if (count == 0) return;
        var metrics = connection.Metrics;
        metrics.FrameReceived(FrameKind.Ping, count);
        if (!connection.IsProbe) settings.VerifiedCounters[signer.Key.Index].Add(0, count);
        metrics.HeartbeatInterval(TimeSpan.Zero, count);
        connection.Gaps.Add(TimeSpan.Zero, count);
        connection.CountRead((uint)count);
        if (connection.Queue(signer.Ping(context.UnixSeconds), FrameKind.Ping, isAnswer: true, count, signer.IsPerClient) == OutboundResult.Accepted) metrics.HeartbeatAnswered(count);
    }

    /// <summary>Counts the ping. Closes a connection that floods, or reports it.</summary>
    /// <returns>True when the connection was closed.</returns>
    private bool IsFlood(GatewayConnection connection, EngineSettings settings, long now)
    {
        PingRate.Count(connection, settings, now, context.TimeProvider.TimestampFrequency);
        if (!PingRate.IsFlood(connection, settings)) return false;
        if (LimitEnforcer.IsEnforced(LimitKind.PingFlood, settings))
        {
            connection.Close(new CloseRequest(CloseReason.PingFlood) { Detail = CloseDetails.PingFlood(settings.PingsPerSecond, settings.PingStrikes) });
            return true;
        }

        limits.ReportViolation(LimitKind.PingFlood, connection);
        return false;
    }
}
