using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Frames;

/// <summary>Checks the token of each frame and the bans of its key and client, then hands it to the handler of its type.</summary>
internal sealed class FrameDispatcher(
    EngineContext context, ConnectionLifecycle lifecycle, TokenRefusals refusals, PingHandler pings, HelloHandler hellos, ApplicationFrames applications,
    BanGate bans) : IFrameHandler
{
    /// <summary>What a hello takes, in bytes of pings that take as long: for registering a client, and for each byte of its content.</summary>
    private const int HelloCost = 4 * 1024;
    private const int HelloByteCost = 16;

    public ValueTask Handle(GatewayConnection connection, in Frame frame, EngineSettings settings, long now, long unixSeconds)
    {
        var keyring = connection.IsProbe ? settings.Probe.Keyring : settings.Keyring;
        if (connection.Signer is null && keyring.HasPerClientKeys && frame.Kind == FrameKind.Hello) connection.Budget.Charge(HelloCost);
        var verdict = keyring.Verify(frame, unixSeconds, connection.Signer);
        if (!verdict.IsVerified)
        {
            refusals.Refuse(connection, frame, verdict, settings, unixSeconds);
            return default;
        }

        var signer = verdict.Signer!;
        if (signer != connection.Signer && connection.Session is { } session && !signer.Admits(session.ClientId))
        {
            // A key that may not sign the client's hello may not sign its later frames. The key used last was checked with the hello.
            refusals.Refuse(connection, frame, TokenFailure.Mismatch, settings, unixSeconds);
            return default;
        }

        FrameNumber? number = null;
        if (connection.Session is { Ack: not null } numbering && NumberCheck.FindFault(frame, numbering, out number) is { } fault)
        {
            // A frame that was recorded on another connection has a token that verifies.
            refusals.Refuse(connection, frame, TokenFailure.Mismatch, settings, unixSeconds, fault);
            return default;
        }

        var hello = frame.Kind == FrameKind.Hello && !connection.IsProbe ? ReadHello(connection, frame) : default;
        var isHello = hello.Outcome != HelloOutcome.NotHello;
        if (isHello && hellos.FindTokenFailure(frame, hello, signer, settings, now, unixSeconds) is { } failure)
        {
            refusals.Refuse(connection, frame, failure, settings, unixSeconds);
            return default;
        }

        if (signer.IsPerClient && !isHello && connection.Session is null)
        {
            // A first frame of type hello that is no hello: under such a key nobody is anonymous.
            refusals.Refuse(connection, frame, TokenFailure.Mismatch, settings, unixSeconds);
            return default;
        }

        var isNewSigner = signer != connection.Signer;
        if (isNewSigner) Adopt(connection, signer, settings);
        connection.CountRead();
        connection.Metrics.FrameReceived(frame.Kind);
        if (!connection.IsProbe) settings.VerifiedCounters[signer.Key.Index].Add(0);
        if ((isNewSigner || isHello) && bans.Refuses(connection, hello)) return default;
        if (!connection.IsConnected) lifecycle.Connected(connection, now, isAnonymous: !isHello);
        switch (frame.Kind)
        {
            case FrameKind.Ping:
                pings.Handle(connection, signer, settings, now, unixSeconds);
                return default;
            case FrameKind.Hello when isHello:
                var registered = hellos.HandleAllowed(connection, frame, hello, settings, now, unixSeconds);
                if (!registered.IsCompletedSuccessfully) return new ValueTask(CheckLaterAsync(connection, registered));
                bans.CheckRegistered(connection);
                return default;
            default:
                return applications.Handle(connection, frame, number, settings, now);
        }
    }

    public void HandleRepeats(GatewayConnection connection, in Frame ping, ref ReadOnlySequence<byte> bytes, EngineSettings settings, int most) =>
        pings.HandleRepeats(connection, ping, ref bytes, settings, most);

    public void EndRead(GatewayConnection connection)
    {
        if (connection.Session is { Ack: not null } session) ApplicationFrames.EndRead(session);
    }

    private async Task CheckLaterAsync(GatewayConnection connection, ValueTask registered)
    {
        await registered;
        bans.CheckRegistered(connection);
    }

    /// <summary>Parsing JSON costs far more for each byte than a ping or a message does.</summary>
    private static HelloReading ReadHello(GatewayConnection connection, in Frame frame)
    {
        connection.Budget.Charge(HelloCost + (int)Math.Min(frame.Content.Length, HelloPayload.MaxBytes) * HelloByteCost);
        return HelloPayload.Read(frame.Content);
    }

    /// <summary>The key and form that answers are signed with from now on.</summary>
    private void Adopt(GatewayConnection connection, TokenSigner signer, EngineSettings settings)
    {
        connection.Signer = signer;
        // When settings are replaced at this moment, either their keys are checked here or their replacement sees this signer.
        Interlocked.MemoryBarrier();
        if (context.Settings is var current && current != settings) KeyRotation.Apply(connection, current);
    }
}
