using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Frames;

/// <summary>A recorded hello cannot be replayed: no hello is welcomed twice.</summary>
public sealed class HelloReplayTests
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_replay_on_the_same_connection_ends_it_without_a_close_frame()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var hello = Hello(client);
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();
        await client.SendAsync(hello);
        await client.ClosedWithoutFrameAsync();
        AssertReplayed(gateway, 1);
        Assert.Null(gateway.Engine.FindClient("pump-17"));
    }

    [Fact]
    public async Task A_replay_on_another_connection_ends_that_one_and_not_the_first()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var hello = Hello(client);
        await client.SendAsync(hello);
        var welcome = await client.ReadWelcomeAsync();
        var replayer = gateway.Connect();
        await replayer.SendAsync(hello);
        await replayer.ClosedWithoutFrameAsync();
        AssertReplayed(gateway, 1);
        Assert.Equal(welcome.Generation, gateway.Engine.FindClient("pump-17")?.Generation);
        await client.PingAsync();
        Assert.Equal([("ping", "")], client.TakeFrames());
        Assert.Equal(0, gateway.Reconnects());
    }

    [Fact]
    public async Task A_replay_is_refused_after_the_first_connection_has_ended()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var hello = Hello(client);
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();
        await client.DisconnectAsync();
        var replayer = gateway.Connect();
        await replayer.SendAsync(hello);
        await replayer.ClosedWithoutFrameAsync();
        AssertReplayed(gateway, 1);
        Assert.Null(gateway.Engine.FindClient("pump-17"));
    }

    [Theory]
    [InlineData(false, "k1.")]
    [InlineData(true, "")]
    [InlineData(false, " ")]
    [InlineData(false, "\t\0 ")]
    public async Task A_replay_is_refused_when_its_token_is_spelled_differently(bool named, string prefix)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var key = TestSecrets.ClientKeyring().Keys[0];
        var hello = (named ? key.Named : key.Bare).Encode(FrameKinds.Hello, EngineHarness.Hello().ToJson(), client.UnixSeconds).ToArray();
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();

        var token = Encoding.ASCII.GetString(hello, 58, 50).Trim('\0');
        var respelled = (prefix + token[(token.IndexOf('.', StringComparison.Ordinal) + 1)..]).PadRight(50, '\0');
        Encoding.ASCII.GetBytes(respelled, hello.AsSpan(58, 50));
        var replayer = gateway.Connect();
        await replayer.SendAsync(hello);
        await replayer.ClosedWithoutFrameAsync();
        AssertReplayed(gateway, 1);
    }

    [Theory]
    [InlineData(0, 599)]
    [InlineData(0, 600)]
    [InlineData(0, 600.5)]
    [InlineData(0, 600.999)]
    [InlineData(0.999, 599.5)]
    [InlineData(0.999, 599.999)]
    public async Task A_replay_of_a_hello_with_a_future_date_is_refused(double into, double later)
    {
        using var gateway = new EngineHarness();
        gateway.Time.Advance(TimeSpan.FromSeconds(into));
        var client = gateway.Connect();
        var hello = Hello(client, MaxAge);
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();

        gateway.Time.Advance(TimeSpan.FromSeconds(later));
        var replayer = gateway.Connect();
        await replayer.SendAsync(hello);
        Assert.DoesNotContain(replayer.TakeFrames(), frame => frame.Type == "welcome");
        AssertReplayed(gateway, 1);
    }

    [Fact]
    public async Task A_replay_with_a_date_that_is_too_old_ends_as_token_expired()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var hello = Hello(client, MaxAge);
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();
        gateway.Time.Advance((2 * MaxAge) + TimeSpan.FromSeconds(1));
        var replayer = gateway.Connect();
        await replayer.SendAsync(hello);
        Assert.Equal("token_expired", (await replayer.ClosedWithFrameAsync()).ReasonName);
    }

    [Fact]
    public async Task A_replay_is_refused_when_the_window_was_made_longer_after_the_hello()
    {
        using var gateway = new EngineHarness(o => o.Tokens.MaxAge = TimeSpan.FromMinutes(1));
        var client = gateway.Connect();
        var hello = Hello(client);
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();
        gateway.Options.Tokens.MaxAge = TimeSpan.FromMinutes(5);
        gateway.Engine.Reconfigure(gateway.Options);
        gateway.Time.Advance(TimeSpan.FromMinutes(3));
        var replayer = gateway.Connect();
        await replayer.SendAsync(hello);
        Assert.DoesNotContain(replayer.TakeFrames(), frame => frame.Type == "welcome");
        AssertReplayed(gateway, 1);
    }

    [Fact]
    public async Task A_replay_is_refused_when_its_token_was_forgotten_before_the_window_was_made_longer()
    {
        using var gateway = new EngineHarness(o => o.Tokens.MaxAge = TimeSpan.FromMinutes(1));
        var client = gateway.Connect();
        var hello = Hello(client);
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();
        gateway.Time.Advance(TimeSpan.FromMinutes(2));
        // Any other hello makes the gateway forget tokens that are too old.
        await gateway.IdentifiedAsync(EngineHarness.Hello("other"));
        gateway.Options.Tokens.MaxAge = TimeSpan.FromMinutes(5);
        gateway.Engine.Reconfigure(gateway.Options);
        var replayer = gateway.Connect();
        await replayer.SendAsync(hello);
        Assert.DoesNotContain(replayer.TakeFrames(), frame => frame.Type == "welcome");
    }

    [Theory]
    [InlineData(301, -4, 0)]
    [InlineData(330, -40, 0)]
    [InlineData(60, -7_200, 7_200)]
    [InlineData(400, -3_600, 3_500)]
    public async Task A_replay_is_refused_after_the_clock_was_set_back(int later, int step, int waited)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var hello = Hello(client);
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();
        gateway.Time.Advance(TimeSpan.FromSeconds(later));
        await gateway.IdentifiedAsync(EngineHarness.Hello("other"));
        gateway.Time.Step(TimeSpan.FromSeconds(step));
        gateway.Time.Advance(TimeSpan.FromSeconds(waited));
        await gateway.IdentifiedAsync(EngineHarness.Hello("another"));
        var replayer = gateway.Connect();
        await replayer.SendAsync(hello);
        await replayer.ClosedWithoutFrameAsync();
        AssertReplayed(gateway, 1);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(7_200)]
    public async Task A_replay_is_refused_after_the_clock_was_set_forward_and_back(int step)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var hello = Hello(client);
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();
        gateway.Time.Step(TimeSpan.FromSeconds(step));
        gateway.Time.Advance(TimeSpan.FromSeconds(30));
        await gateway.IdentifiedAsync(EngineHarness.Hello("other"));
        gateway.Time.Step(TimeSpan.FromSeconds(-step));
        var replayer = gateway.Connect();
        await replayer.SendAsync(hello);
        await replayer.ClosedWithoutFrameAsync();
        AssertReplayed(gateway, 1);
    }

    [Fact]
    public async Task In_the_repeated_hour_of_a_time_change_a_hello_is_still_welcomed_once()
    {
        // Sydney sets its clocks back on 4 April 2027 (at 16:00 UTC on 3 April), so 02:30 occurs twice.
        const string zoneName = "Australia/Sydney";
        Assert.True(FrameTimeZone.TryParse(zoneName, out var zone, out var error), error);
        using var gateway = new EngineHarness(o => o.Frames.TimeZone = zoneName);
        gateway.Time.Advance(new DateTimeOffset(2027, 4, 3, 15, 30, 0, TimeSpan.Zero) - gateway.Time.GetUtcNow());
        var keyring = new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)], TimeZone = zone }, TokenRole.Client);
        var client = gateway.Connect(keyring: keyring);
        var hello = Hello(client);
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();
        gateway.Time.Advance(TimeSpan.FromHours(1));
        var replayer = gateway.Connect(keyring: keyring);
        await replayer.SendAsync(hello);
        Assert.DoesNotContain(replayer.TakeFrames(), frame => frame.Type == "welcome");
        AssertReplayed(gateway, 1);
    }

    [Fact]
    public async Task Under_the_digest_scheme_a_hello_is_welcomed_once_too()
    {
        using var gateway = new EngineHarness(o => o.Tokens.Scheme = "digest");
        var keyring = TestSecrets.ClientKeyring(TokenScheme.Digest);
        var client = gateway.Connect(keyring: keyring);
        var hello = Hello(client);
        await client.SendAsync(hello);
        await client.ReadWelcomeAsync();
        var replayer = gateway.Connect(keyring: keyring);
        await replayer.SendAsync(hello);
        await replayer.ClosedWithoutFrameAsync();
        AssertReplayed(gateway, 1);

        // The same digest in capital letters is refused too, for any reason.
        for (var i = 58; i < 98; i++) hello[i] = (byte)char.ToUpperInvariant((char)hello[i]);
        var second = gateway.Connect(keyring: keyring);
        await second.SendAsync(hello);
        await second.ClosedWithoutFrameAsync();
        Assert.Equal(2, gateway.Closed("token_invalid"));
    }

    [Fact]
    public async Task Without_tokens_a_replay_is_not_recognised()
    {
        using var gateway = new EngineHarness(o => o.Tokens.Scheme = "none");
        var keyring = TestSecrets.ClientKeyring(TokenScheme.None);
        var first = gateway.Connect(keyring: keyring);
        var hello = Hello(first);
        await first.SendAsync(hello);
        var earlier = await first.ReadWelcomeAsync();
        var second = gateway.Connect(keyring: keyring);
        await second.SendAsync(hello);
        Assert.True((await second.ReadWelcomeAsync()).Generation > earlier.Generation);
        Assert.Equal("replaced", (await first.ClosedWithFrameAsync()).ReasonName);
        AssertReplayed(gateway, 0);
    }

    [Fact]
    public async Task A_replay_of_the_hello_of_a_ghost_is_refused_too()
    {
        using var gateway = new EngineHarness();
        var (_, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        var ghost = gateway.Connect();
        var hello = Hello(ghost, payload: EngineHarness.Hello(attempt: 1));
        await ghost.SendAsync(hello);
        Assert.Equal("replaced", (await ghost.ClosedWithFrameAsync()).ReasonName);
        var replayer = gateway.Connect();
        await replayer.SendAsync(hello);
        await replayer.ClosedWithoutFrameAsync();
        AssertReplayed(gateway, 1);
    }

    [Fact]
    public async Task Pings_and_messages_can_be_repeated_within_the_window()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var message = client.Frame("hello", """{"greeting":"ordinary"}""");
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(client.Ping);
            await client.SendAsync(message);
        }

        Assert.Equal(3, client.TakeFrames().Count);
        Assert.Equal(3, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));
    }

    private static byte[] Hello(InMemoryClient client, TimeSpan ahead = default, HelloPayload? payload = null) =>
        client.Signer.Encode(FrameKinds.Hello, (payload ?? EngineHarness.Hello()).ToJson(), client.UnixSeconds + (long)ahead.TotalSeconds).ToArray();

    private static void AssertReplayed(EngineHarness gateway, int times)
    {
        Assert.Equal(times, gateway.Metrics.Read("heartbeatgateway.token_failures", ("cause", "replayed")));
        if (times > 0) Assert.InRange(gateway.Closed("token_invalid"), times, times + 1);
    }
}
