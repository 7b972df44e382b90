using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Frames;

public sealed class AnsweringTests
{
    [Fact]
    public async Task A_first_ping_is_answered_at_once_and_turns_the_handshaking_connection_into_a_client()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.handshaking_connections"));
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.connected_clients"));

        await client.PingAsync();
        Assert.Equal([("ping", "")], client.TakeFrames());
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.handshaking_connections"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connected_clients"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.tokens_verified", ("key", "k1")));
        Assert.Equal(158, gateway.Metrics.Read("heartbeatgateway.network.io", ("direction", "in")));
        Assert.Equal(158, gateway.Metrics.Read("heartbeatgateway.network.io", ("direction", "out")));
    }

    [Fact]
    public async Task The_content_of_a_ping_is_ignored()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("ping", "what is this"));
        Assert.Equal([("ping", "")], client.TakeFrames());
    }

    [Fact]
    public async Task A_write_of_100_and_a_half_frames_gives_100_answers_and_the_second_half_gives_one_more()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var ping = client.Ping;
        var many = Enumerable.Repeat(ping, 100).SelectMany(p => p).Concat(ping.Take(79)).ToArray();
        await client.SendAsync(many);
        Assert.Equal(100, client.TakeFrames().Count);
        await client.SendAsync(ping.AsMemory(79));
        Assert.Single(client.TakeFrames());
    }

    [Fact]
    public async Task A_ping_is_read_for_every_split_into_two_parts_and_byte_by_byte()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var ping = client.Ping;
        for (var split = 1; split < ping.Length; split++)
        {
            await client.SendAsync(ping.AsMemory(0, split));
            Assert.Empty(client.TakeFrames());
            await client.SendAsync(ping.AsMemory(split));
            Assert.Single(client.TakeFrames());
        }

        foreach (var single in ping) await client.SendAsync(new[] { single });
        Assert.Single(client.TakeFrames());
    }

    [Fact]
    public async Task A_ping_before_a_half_close_is_still_answered()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.PingAsync();
        client.CloseOutput();
        Assert.Equal(("ping", ""), await client.ReadFrameAsync());
        await client.Handler;
        Assert.Equal(1, gateway.Closed("peer_closed"));
    }

    [Fact]
    public async Task Ten_thousand_pings_at_once_are_all_answered_when_the_client_reads()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect(pauseWriterThreshold: 8 * 1024);
        var many = Enumerable.Repeat(client.Ping, 10_000).SelectMany(p => p).ToArray();
        var sending = client.SendAsync(many);
        for (var i = 0; i < 10_000; i++) Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        await sending;
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.outbound_dropped"));
    }

    [Fact]
    public async Task Answers_are_delayed_and_not_dropped_when_the_pending_bound_is_small()
    {
        using var gateway = new EngineHarness(o => o.Outbound.MaxPendingBytes = 4096);
        var client = gateway.Connect(pauseWriterThreshold: 1024);
        var sending = client.SendAsync(Enumerable.Repeat(client.Ping, 100).SelectMany(p => p).ToArray());
        for (var i = 0; i < 100; i++) Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        await sending;
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.outbound_dropped"));
    }

    [Fact]
    public async Task Answers_use_the_key_of_the_last_verified_frame()
    {
        using var gateway = new EngineHarness(o => o.Tokens.Keys.Add(new() { Id = "k2", Secret = "another secret of tests" }));
        var second = new TokenKeyring(new() { Secrets = [new TokenSecret("k2", "another secret of tests")] }, TokenRole.Client);
        var client = gateway.Connect(keyring: second);
        // A client with the second key alone could not read an answer under the first.
        await client.SendAsync(second.Keys[0].Named.Ping(client.UnixSeconds));
        Assert.Equal([("ping", "")], client.TakeFrames());
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.tokens_verified", ("key", "k2")));
    }

    [Fact]
    public async Task The_liveness_probe_is_answered_and_not_counted()
    {
        using var gateway = new EngineHarness();
        var before = gateway.Metrics.Series();
        var probe = gateway.Connect(isProbe: true);
        await probe.SendAsync(gateway.Engine.CreateProbePing());
        Assert.Equal("ping", EngineHarness.TypeOfSingle(probe.TakeBytes()));
        probe.CloseOutput();
        await probe.Handler;
        Assert.Equal(before, gateway.Metrics.Series());
    }

    [Fact]
    public async Task Every_series_exists_at_zero_from_the_start()
    {
        using var gateway = new EngineHarness();
        var series = gateway.Metrics.Series();
        // The exception is the connection limit, which comes from the system when it is not configured.
        Assert.All(series.Where(s => s.Key != "heartbeatgateway.connections_limit"), s => Assert.Equal(0, s.Value));
        foreach (var reason in CloseReasons.All.Where(r => r.CanEndAdmitted())) Assert.Contains($"heartbeatgateway.connections.closed|reason={reason.ToWireName()}", series.Keys);
        foreach (var kind in FrameKinds.All) Assert.Contains($"heartbeatgateway.frames|direction=out|type={kind.ToLabel()}", series.Keys);

        var client = gateway.Connect();
        for (var i = 0; i < 1000; i++)
        {
            await client.SendAsync(client.Frame($"type-{i}", "x"));
            // The clock advances, because frames at one moment are a burst, which is processed on another thread.
            gateway.Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(series.Count, gateway.Metrics.Series().Count);
        Assert.Equal(1000, gateway.Metrics.Read("heartbeatgateway.frames", ("direction", "in"), ("type", "other")));
    }
}
