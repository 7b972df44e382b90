using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Server.Timeouts;

namespace HeartbeatGateway.Server.Frames;

/// <summary>
/// Handles hellos whose token verified: rejects malformed and second ones, negotiates the heartbeat, registers the client, answers with a welcome.
/// </summary>
internal sealed class HelloHandler(EngineContext context, ClientRegistry clients, TimerWheel wheel, HelloAuthorization? authorization, ClusterHellos? cluster)
{
    private readonly HelloReplayGuard _replays = new(context.TimeProvider.TimestampFrequency);
    private readonly long _second = context.TimeProvider.TimestampFrequency;

    // A hello made before this second may have been accepted and forgotten: the maximum age was shorter then.
    private long _refuseBefore = long.MinValue;

    /// <summary>Why the token of a hello is refused although it verifies; null when it is not. An accepted token is remembered.</summary>
    public TokenFailure? FindTokenFailure(in Frame frame, in HelloReading reading, TokenSigner signer, EngineSettings settings, long now, long unixSeconds)
    {
        if (reading.Hello is { } hello && !signer.Admits(hello.ClientId)) return TokenFailure.Mismatch;
        // With the scheme none, tokens have no meaning.
        if (settings.Keyring.Scheme == TokenScheme.None) return null;
        var secondsLeft = settings.Keyring.SecondsLeft(frame, unixSeconds);
        var madeAt = unixSeconds + secondsLeft - 1 - (settings.MaxAge / _second);
        if (madeAt < Volatile.Read(ref _refuseBefore)) return TokenFailure.Replayed;
        return _replays.TryAccept(signer.Key.Id, frame.Token, now, unixSeconds, secondsLeft) ? null : TokenFailure.Replayed;
    }

    /// <summary>Follows a longer maximum age: tokens are remembered for as long, and those that may have been forgotten already are refused.</summary>
    public void Configure(EngineSettings before, EngineSettings after)
    {
        if (after.MaxAge <= before.MaxAge) return;
        // Rounded up.
        _replays.Extend((after.MaxAge - before.MaxAge + _second - 1) / _second);
        Volatile.Write(ref _refuseBefore, context.UnixSeconds - (before.MaxAge / _second));
    }

    /// <summary>
    /// As <see cref="Handle"/>, after the program's authorizer has allowed the client, if there is one, and after the client is entered in the cluster, if the gateway
    /// is in one.
    /// </summary>
    /// <returns>Completed, unless one of both is asked.</returns>
    public ValueTask HandleAllowed(GatewayConnection connection, in Frame frame, in HelloReading reading, EngineSettings settings, long now, long unixSeconds)
    {
        if (reading.Hello is { } hello && connection.Session is null && (authorization is not null || cluster is not null))
        {
            return new ValueTask(AskAsync(connection, reading, cluster is null ? default : HelloClaim.Of(frame, hello, connection.Signer!.Key.Id, settings, unixSeconds)));
        }

        Handle(connection, frame, reading, settings, now);
        return default;
    }

    private void Handle(GatewayConnection connection, in Frame frame, in HelloReading reading, EngineSettings settings, long now, ClusterPlace? place = null)
    {
        using var span = context.Spans.Enter(connection.Id);
        if (connection.Session is { } earlier)
        {
            connection.Close(new CloseRequest(CloseReason.BadHello) { Detail = "this connection has sent a hello already", AcceptsClose = earlier.AcceptsClose, ClaimedClientId = ClaimedClientId.Find(frame.Content) });
            return;
        }

        if (reading.Hello is not { } hello)
        {
            connection.Close(new CloseRequest(CloseReason.BadHello) { Detail = reading.Fault!, AcceptsClose = reading.AcceptsClose, ClaimedClientId = ClaimedClientId.Find(frame.Content) });
            return;
        }

        var negotiated = NegotiatedHeartbeat.Negotiate(hello.Heartbeat, settings.Heartbeat);
        var readerIdle = context.TimeProvider.ToTimestampUnits(negotiated.OwnLimit);
        var delivery = GrantsAck(hello, settings) ? new AckConnection(connection, context) : null;
        var registration = clients.Register(connection, hello, readerIdle, settings.MaxContentBytes, delivery, now, place);
        if (registration.Session is not { } session)
        {
            // An attempt that its client has abandoned for a later one, which is connected.
            connection.Close(new CloseRequest(CloseReason.Replaced) { AcceptsClose = reading.AcceptsClose });
            return;
        }

        if (readerIdle > 0) wheel.Schedule(connection, SilenceProbe.FirstVisit(now, readerIdle, context.TimeProvider));
        Welcome(connection, session, registration, negotiated);
    }

    /// <summary>Numbers need an instance that they belong to, and tokens that cover them.</summary>
    private static bool GrantsAck(HelloPayload hello, EngineSettings settings) =>
        hello.Instance is not null && hello.Features.Contains(ProtocolFeatures.Ack) && settings.Keyring.CoversCreated;

    private async Task AskAsync(GatewayConnection connection, HelloReading reading, HelloClaim claim)
    {
        connection.IsHelloUndecided = true;
        if (authorization is not null && !await authorization.IsAllowedAsync(connection, reading.Hello!, reading.AcceptsClose)) return;
        var place = cluster is null ? null : await cluster.EnterAsync(connection, reading, claim);
        if (cluster is not null && place is null) return;
        connection.IsHelloUndecided = false;
        if (connection.Signer?.Admits(reading.Hello!.ClientId) != true)
        {
            // A reload has bound the key to other clients meanwhile.
            connection.Close(new CloseRequest(CloseReason.TokenInvalid));
            if (place is not null) cluster!.Leave(place);
            return;
        }

        var now = context.Now;
        // The bytes of the frame are gone. They are needed for hellos that cannot be read.
        Handle(connection, default, reading, context.Settings, now, place);
        // The read that brought the hello was flushed when the wait began.
        connection.Outbound.Flush(now);
    }

    private void Welcome(GatewayConnection connection, ClientSession session, in ClientRegistration registration, NegotiatedHeartbeat negotiated)
    {
        var welcome = new WelcomePayload
        {
            SessionId = ClientSession.Text(session.Id),
            Generation = session.Generation,
            Reconnected = registration.Reconnected,
            Resumed = registration.Resumed,
            Heartbeat = negotiated.Heartbeat,
            Timeout = negotiated.Timeout,
            MaxContentBytes = session.MaxContentBytes,
            ServerTime = context.TimeProvider.GetUtcNow(),
            Accepted = session.Ack?.Delivery.Told,
            Pushes = session.Ack?.Delivery.Pushes,
            Features = session.GrantedFeatures,
        };
        // The read loop flushes once for all the frames of a read.
        connection.Queue(connection.Signer!.Encode(FrameKinds.Welcome, welcome.ToJson(), context.UnixSeconds), FrameKind.Welcome, isAnswer: true);
    }
}
