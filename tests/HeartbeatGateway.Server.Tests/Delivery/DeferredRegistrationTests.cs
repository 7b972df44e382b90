using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Tests.Bans;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>A client with the feature <c>ack</c> is registered by its first frame with the generation of its connection.</summary>
public sealed class DeferredRegistrationTests
{
    [Fact]
    public async Task The_welcome_grants_the_feature_and_names_the_numbering_of_pushes()
    {
        using var gateway = new EngineHarness();
        var client = await AckClient.WelcomedAsync(gateway);
        Assert.Equal([ProtocolFeatures.Close, ProtocolFeatures.Ack], client.Welcome.Features);
        Assert.Null(client.Welcome.Accepted);
        Assert.NotNull(client.Welcome.Pushes);
        await client.AckAsync(0);
        Assert.Equal([ProtocolFeatures.Close, ProtocolFeatures.Ack], gateway.Engine.ViewConnections().Single().GrantedFeatures);
        var next = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 2));
        Assert.Equal(client.Welcome.Pushes, next.Welcome.Pushes);
    }

    [Fact]
    public async Task The_feature_needs_an_instance()
    {
        using var gateway = new EngineHarness();
        Assert.Equal([ProtocolFeatures.Close], (await AckClient.WelcomedAsync(gateway, AckClient.Hello(instance: null))).Welcome.Features);
    }

    [Theory]
    [InlineData("none", "", false)]
    [InlineData("digest", "{secret}{type}{content}", false)]
    [InlineData("digest", "{secret}{created}{type}{content}", true)]
    public async Task The_feature_needs_a_token_that_covers_the_number(string scheme, string recipe, bool isGranted)
    {
        var digest = new DigestSchemes(recipe);
        using var gateway = new EngineHarness(o => digest.Configure(o, scheme));
        var client = gateway.Connect(keyring: digest.Keyring(scheme));
        await client.HelloAsync(AckClient.Hello());
        Assert.Equal(isGranted, (await client.ReadWelcomeAsync()).Features.Contains(ProtocolFeatures.Ack));
        Assert.Equal(isGranted ? 0 : 1, gateway.Engine.EnumerateClients().Count());
    }

    [Fact]
    public async Task An_unconfirmed_connection_gets_pongs_and_no_push_and_is_not_found_by_client_id()
    {
        using var gateway = new EngineHarness();
        var client = await AckClient.WelcomedAsync(gateway);
        await client.Client.PingAsync();
        var id = gateway.Engine.EnumerateConnections().Single().Id;
        Assert.Equal(SendResult.NotConnected, gateway.Engine.SendToClient("pump-17", "message", default));
        Assert.Equal(SendResult.NotConnected, gateway.Engine.Send(id, "message", default));
        Assert.Equal(0, gateway.Engine.Broadcast("message", default));
        Assert.Null(gateway.Engine.FindClient("pump-17"));
        Assert.False(gateway.Engine.CloseClient("pump-17", CloseReason.Kicked));
        Assert.Empty(gateway.Engine.EnumerateClients());
        Assert.Empty(gateway.Engine.TakePresenceSnapshot().Clients);
        Assert.Equal(["ping"], client.Read().Types);
        Assert.Equal(0, gateway.Engine.LastPresenceEvent);

        await client.CutAsync();
        Assert.Equal(0, gateway.Engine.LastPresenceEvent);
        Assert.Equal(0, gateway.Reconnects());
        gateway.AssertBalanced();
        Assert.Equal(0, gateway.Engine.Deliveries.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_first_frame_with_the_generation_registers_the_client(bool byAck)
    {
        using var gateway = new EngineHarness();
        var client = await AckClient.WelcomedAsync(gateway);
        if (byAck) await client.AckAsync(0);
        else await client.SendAsync(1);
        Assert.Equal(client.Welcome.Generation, gateway.Engine.FindClient("pump-17")!.Generation);
        Assert.Equal(client.Welcome.SessionId, gateway.Engine.TakePresenceSnapshot().Clients.Single().SessionId);
        Assert.Equal(SendResult.Accepted, gateway.Engine.Send(gateway.Engine.EnumerateConnections().Single().Id, "message", default));
        await client.CutAsync();
        var events = await gateway.EventsAsync(0, gateway.Engine.LastPresenceEvent);
        Assert.Equal([PresenceChange.Connected, PresenceChange.Disconnected], events.Select(e => e.Change));
    }

    [Fact]
    public async Task A_message_without_a_number_confirms_nothing()
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.WelcomedAsync(gateway);
        await client.Client.SendAsync(client.Client.Frame("message", "x"));
        Assert.Single(sink.Taken);
        Assert.Null(gateway.Engine.FindClient("pump-17"));
    }

    [Fact]
    public async Task A_takeover_waits_for_the_confirmation()
    {
        using var gateway = new EngineHarness();
        var old = await AckClient.ConfirmedAsync(gateway);
        var next = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 2, resume: old.Welcome.SessionId));
        Assert.True(next.Welcome.Resumed);
        Assert.True(next.Welcome.Reconnected);
        await old.SendAsync(1);
        Assert.Equal([1], old.Read().Acks);
        Assert.Equal(0, gateway.Reconnects());

        await next.AckAsync(0);
        var close = await old.ClosedAsync();
        Assert.Equal((CloseReason.Replaced, true), (close.Reason, close.Retry));
        Assert.Equal(1, gateway.Reconnects());
        var events = await gateway.EventsAsync(0, gateway.Engine.LastPresenceEvent);
        Assert.Equal([PresenceChange.Connected, PresenceChange.Replaced], events.Select(e => e.Change));
        Assert.Equal(old.Welcome.SessionId, gateway.Engine.FindClient("pump-17")!.SessionId);
        Assert.Equal(1, gateway.Engine.ViewConnections().Single(v => v.State == Server.Connection.ConnectionState.Connected).Reconnects);
    }

    [Fact]
    public async Task An_older_connection_that_confirms_after_a_newer_one_is_closed_and_may_retry()
    {
        using var gateway = new EngineHarness();
        var older = await AckClient.WelcomedAsync(gateway);
        var newer = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 2));
        Assert.True(newer.Welcome.Generation > older.Welcome.Generation);
        await newer.AckAsync(0);
        await older.AckAsync(0);
        var close = await older.ClosedAsync();
        Assert.Equal((CloseReason.Replaced, true), (close.Reason, close.Retry));
        Assert.Equal(newer.Welcome.Generation, gateway.Engine.FindClient("pump-17")!.Generation);
        Assert.Equal(1, gateway.Engine.LastPresenceEvent);

        var third = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 3));
        var fourth = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(attempt: 4));
        await fourth.CutAsync();
        await third.SendAsync(1);
        Assert.Equal(CloseReason.Replaced, (await third.ClosedAsync()).Reason);
        Assert.Null(gateway.Engine.FindClient("pump-17"));
    }

    [Fact]
    public async Task An_older_connection_that_confirms_first_is_replaced_by_the_newer_one()
    {
        using var gateway = new EngineHarness();
        var older = await AckClient.WelcomedAsync(gateway);
        var newer = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 2));
        await older.AckAsync(0);
        await newer.AckAsync(0);
        Assert.Equal(CloseReason.Replaced, (await older.ClosedAsync()).Reason);
        Assert.Equal(1, gateway.Reconnects());
        Assert.Equal(newer.Welcome.SessionId, gateway.Engine.FindClient("pump-17")!.SessionId);
    }

    [Fact]
    public async Task An_earlier_attempt_of_the_same_instance_does_not_take_over()
    {
        using var gateway = new EngineHarness();
        var later = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 2));
        var ghost = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 1));
        await later.AckAsync(0);
        await ghost.AckAsync(0);
        Assert.Equal(CloseReason.Replaced, (await ghost.ClosedAsync()).Reason);
        Assert.Equal(later.Welcome.Generation, gateway.Engine.FindClient("pump-17")!.Generation);
    }

    [Fact]
    public async Task A_client_without_the_feature_takes_over_at_once_and_an_unconfirmed_older_connection_does_not_take_over_from_it()
    {
        using var gateway = new EngineHarness();
        var unconfirmed = await AckClient.WelcomedAsync(gateway);
        var (_, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        Assert.False(welcome.Reconnected);
        await unconfirmed.AckAsync(0);
        Assert.Equal(CloseReason.Replaced, (await unconfirmed.ClosedAsync()).Reason);
        Assert.Equal(welcome.Generation, gateway.Engine.FindClient("pump-17")!.Generation);
    }

    [Fact]
    public async Task When_the_old_connection_ends_before_the_confirmation_the_client_has_reconnected()
    {
        using var gateway = new EngineHarness();
        var old = await AckClient.ConfirmedAsync(gateway);
        var next = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 2));
        await old.CutAsync();
        Assert.Null(gateway.Engine.FindClient("pump-17"));
        await next.AckAsync(0);
        var events = await gateway.EventsAsync(0, gateway.Engine.LastPresenceEvent);
        Assert.Equal([PresenceChange.Connected, PresenceChange.Disconnected, PresenceChange.Reconnected], events.Select(e => e.Change));
        Assert.Equal(1, gateway.Reconnects());
    }

    [Fact]
    public async Task A_client_whose_connection_timed_out_is_back_with_its_confirmation()
    {
        using var gateway = new EngineHarness();
        var old = await AckClient.ConfirmedAsync(gateway);
        gateway.Advance(TimeSpan.FromSeconds(7.1));
        await old.ClosedAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        var next = await AckClient.WelcomedAsync(gateway, AckClient.Hello(attempt: 2));
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.false_timeouts"));
        await next.AckAsync(0);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.false_timeouts"));
    }

    [Fact]
    public async Task A_ban_a_kick_and_a_drain_end_an_unconfirmed_connection()
    {
        using var gateway = new EngineHarness();
        var banned = await AckClient.WelcomedAsync(gateway);
        gateway.Ban(BanKind.Client, "pump-17", TimeSpan.FromHours(1));
        Assert.Equal(CloseReason.Banned, (await banned.ClosedAsync()).Reason);
        var refused = gateway.Connect();
        await refused.HelloAsync(AckClient.Hello(attempt: 2));
        Assert.Equal(CloseReason.Banned, (await refused.ReadCloseAsync()).Reason);

        var kicked = await AckClient.WelcomedAsync(gateway, AckClient.Hello("pump-18"));
        Assert.True(gateway.Engine.Close(gateway.Engine.EnumerateConnections().Single(c => c.Client?.ClientId == "pump-18").Id, CloseReason.Kicked));
        await kicked.AckAsync(0);
        Assert.Equal(CloseReason.Kicked, (await kicked.ClosedAsync()).Reason);

        var drained = await AckClient.WelcomedAsync(gateway, AckClient.Hello("pump-19"));
        gateway.Engine.StartDrain(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 20 && drained.Read().Close is null; i++)
        {
            gateway.Advance(TimeSpan.FromMilliseconds(100));
            await EngineHarness.SettleAsync();
        }

        Assert.Equal(CloseReason.Draining, (await drained.ClosedAsync()).Reason);
        Assert.Equal(0, gateway.Engine.LastPresenceEvent);
    }

    [Fact]
    public async Task A_hello_that_is_replayed_to_another_process_obtains_and_ends_nothing()
    {
        using var first = new EngineHarness();
        using var second = new EngineHarness();
        var victim = await AckClient.ConfirmedAsync(second, AckClient.Hello(attempt: 1));
        await victim.SendAsync(1);
        var recorded = first.Connect();
        var hello = recorded.Signer.Encode("hello"u8, AckClient.Hello(attempt: 9).ToJson(), recorded.UnixSeconds).ToArray();
        await recorded.SendAsync(hello);
        var welcome = await recorded.ReadWelcomeAsync();
        var numbered = new AckClient(recorded).Frame(1, generation: welcome.Generation);

        var replay = second.Connect();
        await replay.SendAsync(hello);
        await replay.ReadWelcomeAsync();
        Assert.Equal(victim.Welcome.Generation, second.Engine.FindClient("pump-17")!.Generation);
        second.Time.Advance(TimeSpan.FromMilliseconds(3));
        // A frame that was recorded on the other connection has another generation.
        await replay.SendAsync(new AckClient(recorded).Frame(0, "", welcome.Generation - 7, "ack"));
        await replay.Handler;
        Assert.Equal(1, second.Closed("token_invalid"));
        Assert.NotEmpty(numbered);
        await victim.SendAsync(2);
        await victim.AcknowledgedAsync(2);
        Assert.Equal(1, second.Engine.LastPresenceEvent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_numbered_frame_that_is_replayed_on_another_connection_is_refused(bool isSame)
    {
        var sink = new ReceiptSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = await AckClient.ConfirmedAsync(gateway);
        var recorded = client.Frame(1);
        gateway.Time.Advance(TimeSpan.FromMilliseconds(1));
        var other = await AckClient.ConfirmedAsync(gateway, AckClient.Hello(isSame ? "pump-17" : "pump-18", attempt: 2));
        await other.Client.SendAsync(recorded);
        await other.Client.Handler;
        Assert.Equal(1, gateway.Closed("token_invalid"));
        Assert.Empty(sink.Taken);
        Assert.Empty(other.Read().Types);
    }

    /// <summary>A digest recipe, or no tokens at all.</summary>
    private sealed class DigestSchemes(string recipe)
    {
        private DigestRecipe Recipe() => DigestRecipe.TryCreate("SHA1", DigestOutput.Hex, recipe, out var result, out var error) ? result : throw new InvalidOperationException(error);

        public void Configure(GatewayOptions options, string scheme)
        {
            options.Tokens.Scheme = scheme;
            if (scheme == "none") options.Tokens.Keys.Clear();
            else options.Tokens.Digest.Recipe = recipe;
        }

        public TokenKeyring Keyring(string scheme) => scheme == "none"
            ? new TokenKeyring(new TokenKeyringOptions { Scheme = TokenScheme.None }, TokenRole.Client)
            : new TokenKeyring(new TokenKeyringOptions { Scheme = TokenScheme.Digest, Digest = Recipe(), Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] }, TokenRole.Client);
    }
}
