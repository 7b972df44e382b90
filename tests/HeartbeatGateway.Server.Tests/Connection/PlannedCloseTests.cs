using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Connection;

/// <summary>
/// What a client sends until it has read the close frame: delivered after a planned close, thrown away after a violation or a takeover.
/// </summary>
public sealed class PlannedCloseTests
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);

    public static TheoryData<CloseReason> Planned => [CloseReason.Draining, CloseReason.MaxAge, CloseReason.Shutdown];

    public static TheoryData<CloseReason> Others =>
        [.. CloseReasons.All.Where(r => r.CanEndAdmitted() && r is not (CloseReason.Draining or CloseReason.MaxAge or CloseReason.Shutdown))];

    [Theory]
    [MemberData(nameof(Planned))]
    public async Task After_a_planned_close_frames_are_delivered_until_the_client_closes(CloseReason reason)
    {
        var (gateway, sink, client) = await ClosedAsync(reason);
        for (var i = 1; i <= 20; i++) await client.SendAsync(client.Frame("message", $"{i}"));
        await client.SendAsync((byte[])[.. client.Frame("message", "21"), .. client.Ping, .. client.Frame("message", "22")]);
        await sink.Reached(22);
        Assert.Equal(Enumerable.Range(1, 22).Select(i => $"{i}"), sink.Received);
        Assert.False(client.Handler.IsCompleted);
        // The close frame is the last one: the ping is not answered.
        Assert.Equal(reason, (await client.ClosedWithFrameAsync()).Reason);
        Assert.Equal(1, gateway.Closed(reason.ToWireName()));
        Assert.Equal(22, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.outbound.dropped"));
        gateway.AssertBalanced();
        gateway.Dispose();
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task After_any_other_close_frames_are_thrown_away(CloseReason reason)
    {
        var (gateway, sink, client) = await ClosedAsync(reason);
        await client.SendAsync(client.Frame("message", "1"));
        client.CloseOutput();
        await client.Handler.WaitAsync(MaxWait, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Empty(sink.Received);
        gateway.AssertBalanced();
        gateway.Dispose();
    }

    [Fact]
    public async Task After_a_takeover_frames_of_the_old_connection_are_thrown_away()
    {
        var sink = new Sink();
        using var gateway = new EngineHarness(sink: sink);
        var (old, _) = await gateway.IdentifiedAsync();
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        await old.SendAsync(old.Frame("message", "1"));
        Assert.Equal(CloseReason.Replaced, (await old.ClosedWithFrameAsync()).Reason);
        Assert.Empty(sink.Received);
    }

    [Fact]
    public async Task After_two_seconds_the_connection_ends()
    {
        var (gateway, sink, client) = await ClosedAsync(CloseReason.MaxAge);
        for (var step = 0; step < 19; step++)
        {
            await client.SendAsync(client.Frame("message", "x"));
            gateway.Advance(TimeSpan.FromSeconds(0.1));
        }

        await sink.Reached(19);
        Assert.False(client.Handler.IsCompleted);
        gateway.Advance(TimeSpan.FromSeconds(0.15));
        await client.Handler.WaitAsync(MaxWait, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(1, gateway.Closed("max_age"));
        gateway.AssertBalanced();
        gateway.Dispose();
    }

    public static TheoryData<string> Violations => ["token", "magic", "length", "date", "hello", "flood", "end in a frame"];

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task A_violation_after_the_close_ends_the_delivery_and_does_not_change_the_reason(string violation)
    {
        var (gateway, sink, client) = await ClosedAsync(CloseReason.Draining, o => (o.PingsPerSecond, o.PingStrikes) = (2, 1));
        await client.SendAsync(client.Frame("message", "before"));
        var wrong = client.Frame("message", "wrong");
        if (violation == "token") wrong[60] ^= 1;
        if (violation == "magic") wrong[0] = 1;
        if (violation == "length") wrong[4] = 0x7F;
        if (violation == "date") wrong = [.. client.Signer.Encode("message"u8, default, client.UnixSeconds - 3_600).ToArray()];
        if (violation == "hello") wrong = [.. client.Signer.Encode("hello"u8, EngineHarness.Hello().ToJson(), client.UnixSeconds).ToArray()];
        if (violation == "flood") wrong = [.. client.Ping, .. client.Ping, .. client.Ping];
        if (violation == "end in a frame") wrong = wrong[..100];
        await client.SendAsync(wrong);
        if (violation != "end in a frame")
        {
            await client.SendAsync(client.Frame("message", "after"));
            await EngineHarness.SettleAsync();
            // Bytes are thrown away until the client closes.
            Assert.False(client.Handler.IsCompleted);
        }

        Assert.Equal(CloseReason.Draining, (await client.ClosedWithFrameAsync()).Reason);
        Assert.Equal(["before"], sink.Received);
        Assert.Equal(1, gateway.Closed("draining"));
        Assert.Equal(1, gateway.Metrics.Sum("heartbeatgateway.connections.closed"));
        Assert.Equal(violation == "token" ? 1 : 0, gateway.Metrics.Read("heartbeatgateway.token_failures", ("cause", "mismatch")));
        gateway.AssertBalanced();
        gateway.Dispose();
    }

    [Fact]
    public async Task After_a_violation_the_end_is_not_later_than_two_seconds_after_the_close()
    {
        var (gateway, _, client) = await ClosedAsync(CloseReason.Draining);
        gateway.Advance(TimeSpan.FromSeconds(1));
        await client.SendAsync("not a frame"u8.ToArray());
        await client.CleanedUpByGatewayAsync(gateway);
        Assert.InRange(gateway.Time.GetUtcNow() - new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.5));
        gateway.Dispose();
    }

    [Fact]
    public async Task A_frame_that_had_begun_before_the_close_is_delivered()
    {
        var sink = new Sink();
        using var gateway = new EngineHarness(sink: sink);
        var (client, _) = await gateway.IdentifiedAsync();
        var frame = client.Frame("message", "half before, half after");
        await client.SendAsync(frame.AsMemory(0, 165));
        Close(gateway, CloseReason.MaxAge);
        await client.SendAsync(frame.AsMemory(165));
        await sink.Reached(1);
        await client.ClosedWithFrameAsync();
        Assert.Equal(["half before, half after"], sink.Received);
    }

    [Fact]
    public async Task Messages_that_wait_for_a_full_sink_at_the_close_are_delivered_when_it_has_room()
    {
        var sink = new Sink { Gate = new TaskCompletionSource() };
        using var gateway = new EngineHarness(sink: sink);
        var (client, _) = await gateway.IdentifiedAsync();
        await client.SendAsync((byte[])[.. client.Frame("message", "1"), .. client.Frame("message", "2")]);
        Close(gateway, CloseReason.Draining);
        // The client is told, although the read loop waits for the sink.
        Assert.Equal(CloseReason.Draining, (await client.ReadCloseAsync().WaitAsync(MaxWait, TimeProvider.System, TestContext.Current.CancellationToken)).Reason);
        await client.SendAsync(client.Frame("message", "3"));
        sink.Gate.SetResult();
        await sink.Reached(3);
        await client.DisconnectAsync();
        Assert.Equal(3, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));
    }

    [Fact]
    public async Task A_sink_that_stays_full_is_given_up_after_two_seconds()
    {
        var sink = new Sink { Gate = new TaskCompletionSource() };
        using var gateway = new EngineHarness(sink: sink);
        var (client, _) = await gateway.IdentifiedAsync();
        await client.SendAsync((byte[])[.. client.Frame("message", "1"), .. client.Frame("message", "2")]);
        Close(gateway, CloseReason.Draining);
        await client.ReadCloseAsync();
        gateway.Advance(TimeSpan.FromSeconds(2.1));
        await client.Handler.WaitAsync(MaxWait, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(["1"], sink.Received);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "abandoned")));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Frames_are_delivered_also_while_the_client_does_not_read_yet()
    {
        var sink = new Sink();
        using var gateway = new EngineHarness(sink: sink);
        var client = gateway.Connect(pauseWriterThreshold: 1024);
        await client.HelloAsync(EngineHarness.Hello());
        await client.ReadWelcomeAsync();
        Assert.Equal(1, gateway.Engine.Broadcast("news", new byte[8 * 1024]));
        Close(gateway, CloseReason.Shutdown);
        for (var i = 0; i < 10; i++) await client.SendAsync(client.Frame("message", "x"));
        await sink.Reached(10);
        Assert.Equal("news", (await client.ReadFrameAsync()).Type);
        Assert.Equal(CloseReason.Shutdown, (await client.ClosedWithFrameAsync()).Reason);
    }

    [Fact]
    public async Task A_key_that_is_removed_after_the_close_ends_the_delivery()
    {
        var (gateway, sink, client) = await ClosedAsync(CloseReason.Draining);
        gateway.Options.Tokens.Keys[0].Secret = "another secret of tests";
        gateway.Engine.Reconfigure(gateway.Options);
        await client.SendAsync(client.Frame("message", "1"));
        await client.ClosedWithFrameAsync();
        Assert.Empty(sink.Received);
        gateway.Dispose();
    }

    [Fact]
    public async Task A_drain_delivers_what_clients_send_until_they_read_the_close_frame()
    {
        var sink = new Sink();
        using var gateway = new EngineHarness(sink: sink);
        var clients = new List<InMemoryClient>();
        for (var i = 0; i < 20; i++) clients.Add((await gateway.IdentifiedAsync(EngineHarness.Hello($"pump-{i}"))).Client);
        var stopping = gateway.Engine.StopAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        var sent = 0;
        var closed = new HashSet<InMemoryClient>();
        while (closed.Count < clients.Count)
        {
            foreach (var client in clients.Where(c => !closed.Contains(c)))
            {
                await client.SendAsync(client.Frame("message", $"{++sent}"));
                if (client.TakeFrames().Any(f => f.Type == "close") && closed.Add(client)) client.CloseOutput();
            }

            gateway.Advance(TimeSpan.FromMilliseconds(10));
            await EngineHarness.SettleAsync();
        }

        await stopping.WaitAsync(MaxWait, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(sent, sink.Received.Count);
        Assert.Equal(20, gateway.Closed("draining") + gateway.Closed("shutdown"));
        gateway.AssertBalanced();
    }

    private static async Task<(EngineHarness Gateway, Sink Sink, InMemoryClient Client)> ClosedAsync(CloseReason reason, Action<AdmissionOptions>? configure = null)
    {
        var sink = new Sink();
        var gateway = new EngineHarness(o => configure?.Invoke(o.Admission), sink);
        var (client, _) = await gateway.IdentifiedAsync();
        Close(gateway, reason);
        return (gateway, sink, client);
    }

    private static void Close(EngineHarness gateway, CloseReason reason) =>
        Assert.True(gateway.Engine.Close(gateway.Engine.FindClient("pump-17")!.ConnectionId, reason));

    private sealed class Sink : IMessageSink
    {
        private readonly SemaphoreSlim _arrived = new(0);
        private readonly List<string> _received = [];

        public TaskCompletionSource? Gate { get; init; }

        public IReadOnlyList<string> Received
        {
            get { lock (_received) return [.. _received]; }
        }

        public async Task Reached(int messages)
        {
            while (Received.Count < messages) Assert.True(await _arrived.WaitAsync(MaxWait, TestContext.Current.CancellationToken), $"{Received.Count} messages came.");
        }

        public async ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
        {
            lock (_received) _received.Add(Encoding.UTF8.GetString(message.Content.Span));
            _arrived.Release();
            if (Gate is { } gate) await gate.Task.WaitAsync(cancellationToken);
        }
    }
}
