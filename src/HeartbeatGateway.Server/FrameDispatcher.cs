using System.Buffers;
using System.Text;
using HeartbeatGateway.Server.Admission;
using HeartbeatGateway.Server.Identity;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Outbound;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Server;

/// <summary>What a frame does: token first, then by type — a ping is answered, a hello names the client, everything else goes to the sink.</summary>
internal sealed class FrameDispatcher(GatewayEngine engine, HelloHandler hellos, IMessageSink sink, LogThrottle throttle)
{
    private const int MaxLoggedTypeChars = 50;

    /// <param name="connection">The connection that it came on.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="settings">The settings in force.</param>
    /// <param name="now">The timestamp of the read that brought it.</param>
    /// <param name="unixSeconds">The date of that read, in seconds since 1970-01-01 UTC.</param>
    /// <returns>Completed, unless the sink is full.</returns>
    public ValueTask Dispatch(GatewayConnection connection, in Frame frame, EngineSettings settings, long now, long unixSeconds)
    {
        var verdict = settings.Keyring.Verify(frame, unixSeconds);
        if (!verdict.IsVerified)
        {
            Refuse(connection, frame, verdict, settings, unixSeconds);
            return default;
        }

        var signer = verdict.Signer!;
        if (signer != connection.Signer && connection.Session is { } session && !signer.Key.Admits(session.ClientId))
        {
            // A key that may not say the client's hello may not speak for it after that either. The one used last was looked at then.
            Refused(connection, frame, TokenFailure.Mismatch);
            connection.End(CloseReason.TokenInvalid);
            return default;
        }

        var hello = frame.Kind == FrameKind.Hello && !connection.IsProbe ? HelloPayload.Read(frame.Content) : default;
        if (hello.Outcome != HelloOutcome.NotHello && hellos.Objection(frame, hello, signer.Key, settings, now, unixSeconds) is { } failure)
        {
            Refused(connection, frame, failure);
            connection.End(CloseReason.TokenInvalid);
            return default;
        }

        if (signer != connection.Signer) Adopt(connection, signer, settings);
        connection.Metrics.FrameReceived(frame.Kind);
        if (!connection.IsProbe) settings.VerifiedCounters[signer.Key.Index].Add(0);
        if (!connection.IsConnected) engine.Connected(connection, now, isAnonymous: hello.Outcome == HelloOutcome.NotHello);
        if (frame.Kind == FrameKind.Ping) Answer(connection, signer.Ping(unixSeconds), settings, now);
        else if (hello.Outcome == HelloOutcome.NotHello) return Deliver(connection, frame);
        else hellos.Handle(connection, hello, settings, now);
        return default;
    }

    /// <summary>
    /// Does for the pings behind a ping what was done for that one. Who sends many at a time sends the same bytes again while the second lasts: what holds
    /// for the first of them, its token included, holds for all.
    /// </summary>
    /// <param name="connection">The connection that they came on; the ping has just been answered on it.</param>
    /// <param name="ping">That ping.</param>
    /// <param name="bytes">What follows it; on return, what follows the last one that was the same.</param>
    /// <param name="settings">The settings that it was judged under.</param>
    /// <param name="most">No more than so many.</param>
    public void DispatchRepeats(GatewayConnection connection, in Frame ping, ref ReadOnlySequence<byte> bytes, EngineSettings settings, int most)
    {
        // Where pings are limited each is looked at, and so is the first one after the keys have changed.
        if (settings.PingsPerSecond > 0 || !ping.Content.IsEmpty || connection.Signer is not { } signer || !settings.IsOwn(signer)) return;
        var count = FrameBuffer.TakeRepeats(ref bytes, ping.Header, most);
        if (count == 0) return;
        var metrics = connection.Metrics;
        metrics.FrameReceived(FrameKind.Ping, count);
        if (!connection.IsProbe) settings.VerifiedCounters[signer.Key.Index].Add(0, count);
        metrics.HeartbeatInterval(TimeSpan.Zero, count);
        if (connection.Queue(signer.Ping(engine.UnixSeconds), FrameKind.Ping, isAnswer: true, count) == OutboundResult.Accepted) metrics.HeartbeatAnswered(count);
    }

    /// <summary>The key and form that answers are signed with from now on.</summary>
    private void Adopt(GatewayConnection connection, TokenSigner signer, EngineSettings settings)
    {
        connection.Signer = signer;
        // Settings that are replaced at this moment: either their keys are looked at here, or whoever replaced them sees this signer.
        Interlocked.MemoryBarrier();
        if (engine.Settings is var current && current != settings) GatewayEngine.FollowKeys(connection, current);
    }

    private void Answer(GatewayConnection connection, ReadOnlyMemory<byte> pong, EngineSettings settings, long now)
    {
        if (settings.PingsPerSecond > 0 && !connection.IsProbe && PingFlood.IsOne(connection, settings, now, engine.TimeProvider.TimestampFrequency)
            && engine.Limits.Enforces(Limits.PingFlood, connection, settings))
        {
            connection.End(CloseReason.PingFlood);
            return;
        }

        var metrics = connection.Metrics;
        if (connection.LastPing != 0) metrics.HeartbeatInterval(connection.Elapsed(connection.LastPing, now));
        connection.LastPing = now;

        // The read loop flushes once for all the frames of a read.
        if (connection.Queue(pong, FrameKind.Ping, isAnswer: true) == OutboundResult.Accepted) metrics.HeartbeatAnswered();
    }

    private void Refuse(GatewayConnection connection, in Frame frame, TokenVerdict verdict, EngineSettings settings, long unixSeconds)
    {
        if (verdict.Outcome == TokenOutcome.BadDate)
        {
            connection.End(CloseReason.BadDate);
            return;
        }

        var failure = Labels.FailureOf(verdict.Outcome) ?? throw new InvalidOperationException($"{verdict.Outcome} is no refusal.");
        Refused(connection, frame, failure);
        if (settings.LogSignedBytes && failure == TokenFailure.Mismatch && throttle.Allows()) engine.Logger.TokenMismatched(connection.Id, settings.Keyring.DescribeSignedBytes(frame));
        // A token that does not verify is never answered. One that verifies with a wrong date is: the client's clock is off.
        if (verdict.Signer is { } signer) connection.End(CloseReason.TokenExpired, ExpiredAnswer(frame, signer, unixSeconds));
        else connection.End(CloseReason.TokenInvalid);
    }

    private void Refused(GatewayConnection connection, in Frame frame, TokenFailure failure)
    {
        connection.Metrics.TokenRefused(failure);
        if (!throttle.Allows()) return;
        engine.Logger.TokenRefused(connection.Id, connection.RemoteEndPoint, PrintableText.From(frame.Type, MaxLoggedTypeChars), Labels.Of(failure));
    }

    private static ReadOnlyMemory<byte> ExpiredAnswer(in Frame frame, TokenSigner signer, long unixSeconds)
    {
        var payload = new ClosePayload
        {
            Reason = CloseReason.TokenExpired,
            Retry = true,
            ServerTime = DateTimeOffset.FromUnixTimeSeconds(unixSeconds),
            InReplyTo = Encoding.ASCII.GetString(frame.Token),
        };
        return signer.Encode(FrameKinds.Close, payload.ToJson(), unixSeconds);
    }

    private ValueTask Deliver(GatewayConnection connection, in Frame frame)
    {
        var message = new GatewayMessage
        {
            ClientId = connection.Session?.ClientId,
            ConnectionId = connection.Id,
            RemoteEndPoint = connection.RemoteEndPoint,
            Type = frame.TypeText,
            Content = frame.Content.ToArray(),
        };
        ValueTask accepted;
        try
        {
            accepted = sink.AcceptAsync(message, connection.EndToken);
        }
        catch (Exception e)
        {
            Failed(connection, e);
            return default;
        }

        if (!accepted.IsCompletedSuccessfully) return new ValueTask(WaitForSinkAsync(connection, accepted));
        // A pooled task goes back to its pool only when its result is asked for.
        accepted.GetAwaiter().GetResult();
        connection.Metrics.MessageHandled(MessageOutcome.Accepted);
        return default;
    }

    private async Task WaitForSinkAsync(GatewayConnection connection, ValueTask accepted)
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
        if (throttle.Allows()) engine.Logger.MessageSinkFailed(e, connection.Id);
    }
}
