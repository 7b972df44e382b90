using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Connection;

/// <summary>A client with the close feature gets a close frame: why its connection ends, whether to reconnect, and when.</summary>
public sealed class CloseFrameTests
{
    private static readonly CloseReason[] WithoutCloseFrame =
        [CloseReason.PeerClosed, CloseReason.PeerReset, CloseReason.Truncated, CloseReason.TokenInvalid, CloseReason.SlowConsumer];

    public static TheoryData<CloseReason> Reasons => [.. CloseReasons.All.Where(r => r.CanEndAdmitted())];

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task Each_reason_sends_a_close_frame_except_those_that_the_client_caused_or_cannot_receive(CloseReason reason)
    {
        using var gateway = new EngineHarness();
        var (withClose, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("withClose"));
        var (withoutClose, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("withoutClose", acceptsClose: false));
        var anonymous = await gateway.ConnectedAsync();
        foreach (var connection in gateway.Engine.Table.All().ToList()) Assert.True(gateway.Engine.Close(connection.Id, reason));
        Assert.Null(gateway.Engine.FindClient("withClose"));
        if (WithoutCloseFrame.Contains(reason))
        {
            await withClose.ClosedWithoutFrameAsync();
        }
        else
        {
            var close = await withClose.ClosedWithFrameAsync();
            Assert.Equal((reason, null, null), (close.Reason, close.After, close.InReplyTo));
            Assert.Equal(gateway.Time.GetUtcNow(), close.ServerTime);
        }

        await withoutClose.ClosedWithoutFrameAsync();
        await anonymous.ClosedWithoutFrameAsync();
        Assert.Equal(3, gateway.Closed(reason.ToWireName()));
        gateway.AssertBalanced();
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task Only_a_ban_is_terminal_by_default(CloseReason reason)
    {
        if (WithoutCloseFrame.Contains(reason)) return;
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        gateway.Engine.Close(gateway.Engine.FindClient("pump-17")!.ConnectionId, reason);
        Assert.Equal(reason != CloseReason.Banned, (await client.ClosedWithFrameAsync()).Retry);
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, 0)]
    [InlineData(true, 1830)]
    [InlineData(false, 86_400_000)]
    public async Task The_caller_sets_whether_and_when_the_client_reconnects(bool retry, int? afterMilliseconds)
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        TimeSpan? after = afterMilliseconds is { } ms ? TimeSpan.FromMilliseconds((double)ms) : null;
        Assert.True(gateway.Engine.Close(gateway.Engine.FindClient("pump-17")!.ConnectionId, CloseReason.Kicked, retry, after));
        var close = await client.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.Kicked, retry, after), (close.Reason, close.Retry, close.After));
    }

    [Fact]
    public async Task A_reconnect_slot_outside_one_day_is_refused_and_nothing_is_closed()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        var id = gateway.Engine.FindClient("pump-17")!.ConnectionId;
        Assert.Throws<ArgumentOutOfRangeException>(() => gateway.Engine.Close(id, CloseReason.Kicked, after: TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => gateway.Engine.Close(id, CloseReason.Kicked, after: TimeSpan.FromDays(1) + TimeSpan.FromTicks(1)));
        Assert.NotNull(gateway.Engine.FindClient("pump-17"));
        Assert.Empty(client.TakeFrames());
    }

    [Fact]
    public async Task A_frame_timeout_sends_a_close_frame()
    {
        using var gateway = new EngineHarness(o => o.Frames.FrameTimeout = TimeSpan.FromSeconds(2));
        var (client, _) = await gateway.IdentifiedAsync();
        await client.SendAsync(client.Ping.AsMemory(0, 100));
        gateway.Advance(TimeSpan.FromSeconds(2.1));
        var close = await client.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.FrameTimeout, true), (close.Reason, close.Retry));
    }

    [Fact]
    public async Task Bytes_that_are_not_a_frame_are_answered_with_a_close_frame()
    {
        using var gateway = new EngineHarness();
        var (magic, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("a"));
        await magic.SendAsync("GET / HTTP/1.1\r\n"u8.ToArray());
        Assert.Equal(CloseReason.BadMagic, (await magic.ClosedWithFrameAsync()).Reason);

        var (length, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("b"));
        var frame = length.Ping;
        frame[4] = 0x7F;
        await length.SendAsync(frame);
        Assert.Equal(CloseReason.BadLength, (await length.ClosedWithFrameAsync()).Reason);
    }

    [Fact]
    public async Task A_token_that_does_not_verify_is_never_answered()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        var frame = client.Frame("message", "x");
        frame[^1] ^= 1;
        await client.SendAsync(frame);
        await client.ClosedWithoutFrameAsync();
        Assert.Equal(1, gateway.Closed("token_invalid"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wrong_clock_is_answered_to_every_client_with_a_close_frame_that_quotes_the_token(bool identified)
    {
        using var gateway = new EngineHarness();
        var client = identified ? (await gateway.IdentifiedAsync(EngineHarness.Hello(acceptsClose: false))).Client : gateway.Connect();
        var frame = client.Signer.Encode(FrameKinds.Ping, default, client.UnixSeconds - 301).ToArray();
        await client.SendAsync(frame);
        var close = await client.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.TokenExpired, true, null), (close.Reason, close.Retry, close.After));
        Assert.Equal(System.Text.Encoding.ASCII.GetString(frame, 58, 43), close.InReplyTo);
        Assert.Equal(gateway.Time.GetUtcNow(), close.ServerTime);
    }

    [Fact]
    public async Task A_hello_with_a_wrong_clock_gets_a_close_frame_and_changes_no_presence()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var frame = client.Signer.Encode(FrameKinds.Hello, EngineHarness.Hello().ToJson(), client.UnixSeconds + 301).ToArray();
        await client.SendAsync(frame);
        var close = await client.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.TokenExpired, System.Text.Encoding.ASCII.GetString(frame, 58, 43)), (close.Reason, close.InReplyTo));
        Assert.Null(gateway.Engine.FindClient("pump-17"));
        Assert.Empty(await gateway.EventsAsync());
    }

    [Fact]
    public async Task Pending_frames_are_sent_before_the_close_frame_and_none_after_it()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.HelloAsync(EngineHarness.Hello());
        var id = gateway.Engine.FindClient("pump-17")!.ConnectionId;
        gateway.Engine.Send(id, "news", "x"u8.ToArray());
        gateway.Engine.Close(id, CloseReason.Kicked);
        gateway.Engine.Send(id, "news", "y"u8.ToArray());
        await client.PingAsync();
        Assert.Equal(["welcome", "news", "close"], client.TakeFrames().Select(f => f.Type));
        await client.DisconnectAsync();
        Assert.Empty(client.TakeFrames());
    }

    [Theory]
    [InlineData(0, CloseReason.Shutdown)]
    [InlineData(10, CloseReason.Draining)]
    public async Task When_the_gateway_stops_each_client_gets_its_own_reconnect_slot(int drainSeconds, CloseReason reason)
    {
        const int count = 40;
        using var gateway = new EngineHarness(o => o.Heartbeat.ReaderIdle = TimeSpan.Zero);
        var clients = new List<InMemoryClient>();
        for (var i = 0; i < count; i++) clients.Add((await gateway.IdentifiedAsync(EngineHarness.Hello($"c{i}"))).Client);
        var (withoutClose, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("withoutClose", acceptsClose: false));
        var stopping = gateway.Engine.StopAsync(TimeSpan.FromSeconds((double)drainSeconds), TestContext.Current.CancellationToken);
        while (gateway.Engine.TakePresenceSnapshot().Clients.Count > 0)
        {
            await EngineHarness.SettleAsync();
            if (drainSeconds > 0) gateway.Advance(TimeSpan.FromMilliseconds(25));
        }

        var ends = (await gateway.EventsAsync()).Where(e => e.Reason == reason && e.Client.ClientId != "withoutClose").Select(e => e.Client.ClientId).ToList();
        Assert.Equal(count, ends.Count);
        var slots = new List<TimeSpan>();
        foreach (var name in ends)
        {
            var close = await clients[int.Parse(name[1..])].ClosedWithFrameAsync();
            Assert.Equal((reason, true), (close.Reason, close.Retry));
            slots.Add(Assert.NotNull(close.After));
        }

        Assert.Equal(slots.Distinct().Order(), slots);
        Assert.All(slots, slot => Assert.InRange(slot, TimeSpan.Zero, ClosePayload.MaxAfter));
        await withoutClose.ClosedWithoutFrameAsync();
        await stopping;
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_peer_that_takes_no_byte_gets_no_close_frame()
    {
        using var gateway = new EngineHarness(o => o.Outbound.WriteTimeout = TimeSpan.FromSeconds(2));
        var client = gateway.Connect(pauseWriterThreshold: 4 * 1024);
        await client.HelloAsync(EngineHarness.Hello(heartbeat: TimeSpan.FromMinutes(1.0)));
        var id = gateway.Engine.FindClient("pump-17")!.ConnectionId;
        for (var i = 0; i < 8; i++) gateway.Engine.Send(id, "news", new byte[4 * 1024]);
        gateway.Advance(TimeSpan.FromSeconds(3));
        await client.Handler.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(1, gateway.Closed("slow_consumer"));
        Assert.DoesNotContain(client.TakeFrames(), f => f.Type == "close");
    }
}
