using HeartbeatGateway.Server.Presence;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Server.Identity;

/// <summary>Acts on hellos whose token verified: refuses what breaks a rule, agrees on terms, and answers with a welcome.</summary>
internal sealed class HelloHandler(GatewayEngine engine, ClientPresence presence, LogThrottle throttle)
{
    private readonly HelloReplayGuard _replays = new();

    // Hellos that were made before this second may have been accepted and forgotten: the longest age was shorter then.
    private long _refuseBefore = long.MinValue;

    /// <summary>Why the token of a hello is refused although it verifies; null when it is not. An accepted token is noted.</summary>
    public TokenFailure? Objection(in Frame frame, in HelloReading reading, TokenKey key, EngineSettings settings, long now, long unixSeconds)
    {
        if (reading.Hello is { } hello && !key.Admits(hello.ClientId)) return TokenFailure.Mismatch;
        // Tokens of the scheme none tell nothing.
        if (settings.Keyring.Scheme == TokenScheme.None) return null;
        var secondsLeft = settings.Keyring.SecondsLeft(frame, unixSeconds);
        var madeAt = unixSeconds + secondsLeft - 1 - (settings.MaxAge / engine.TimeProvider.TimestampFrequency);
        if (madeAt < Volatile.Read(ref _refuseBefore)) return TokenFailure.Replayed;
        return _replays.TryAccept(frame.Token, now, secondsLeft * engine.TimeProvider.TimestampFrequency) ? null : TokenFailure.Replayed;
    }

    /// <summary>Frames are accepted for longer than before: so long are their tokens remembered, and those that were forgotten already are refused.</summary>
    public void Configure(EngineSettings before, EngineSettings after)
    {
        if (after.MaxAge <= before.MaxAge) return;
        _replays.Extend(after.MaxAge - before.MaxAge);
        Volatile.Write(ref _refuseBefore, engine.UnixSeconds - (before.MaxAge / engine.TimeProvider.TimestampFrequency));
    }

    public void Handle(GatewayConnection connection, in HelloReading reading, EngineSettings settings, long now)
    {
        if (connection.Session is { } earlier)
        {
            Refuse(connection, "this connection has said hello already", earlier.AcceptsClose);
            return;
        }

        if (reading.Hello is not { } hello)
        {
            Refuse(connection, reading.Fault!, reading.AcceptsClose);
            return;
        }

        var terms = NegotiatedHeartbeat.Negotiate(hello.Heartbeat, settings.Heartbeat);
        var readerIdle = engine.TimeProvider.ToTimestampUnits(terms.OwnLimit);
        var arrival = presence.Identified(connection, hello, readerIdle, now);
        if (arrival.Session is not { } session)
        {
            // An attempt that its own client has given up for a later one, which is here.
            connection.End(CloseReason.Replaced, reading.AcceptsClose ? CloseFrameFactory.Close(connection, CloseReason.Replaced, engine.TimeProvider.GetUtcNow()) : default);
            return;
        }

        if (readerIdle > 0) engine.Wheel.Schedule(connection, now + readerIdle);
        Welcome(connection, session, arrival, terms);
    }

    private void Welcome(GatewayConnection connection, ClientSession session, in ClientRegistration arrival, NegotiatedHeartbeat terms)
    {
        var welcome = new WelcomePayload
        {
            SessionId = ClientSession.Text(session.Id),
            Generation = session.Generation,
            Reconnected = arrival.Reconnected,
            Resumed = arrival.Resumed,
            Heartbeat = terms.Heartbeat,
            Timeout = terms.Timeout,
            ServerTime = engine.TimeProvider.GetUtcNow(),
            Features = session.AcceptsClose ? [ProtocolFeatures.Close] : [],
        };
        // The read loop flushes once for all the frames of a read.
        connection.Queue(connection.Signer!.Encode(FrameKinds.Welcome, welcome.ToJson(), engine.UnixSeconds), FrameKind.Welcome, isAnswer: true);
    }

    private void Refuse(GatewayConnection connection, string fault, bool tell)
    {
        if (throttle.Allows()) engine.Logger.HelloRefused(connection.Id, connection.RemoteEndPoint, fault);
        var lastFrame = tell ? CloseFrameFactory.Close(connection, CloseReason.BadHello, engine.TimeProvider.GetUtcNow(), detail: fault) : default;
        connection.End(CloseReason.BadHello, lastFrame);
    }
}
