using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Server.Transports;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Timeouts;

/// <summary>The read loop runs beside the thread that checks timeouts. A transport tells where the bytes are that this thread finds missing.</summary>
public sealed class ReadMeanwhileTests
{
    [Theory]
    [InlineData("handshake_timeout", 7)]
    [InlineData("reader_idle", 7)]
    [InlineData("all_idle", 4)]
    [InlineData("frame_timeout", 2)]
    public async Task A_connection_is_not_closed_whose_bytes_are_read_between_the_deadline_and_the_look_at_the_transport(string reason, int seconds)
    {
        using var gateway = new EngineHarness(o =>
        {
            if (reason == "all_idle") o.Heartbeat.AllIdle = TimeSpan.FromSeconds(4);
            if (reason == "frame_timeout") o.Frames.FrameTimeout = TimeSpan.FromSeconds(2);
        });
        var client = gateway.Connect();
        var sent = reason == "frame_timeout" ? client.Ping[10..] : client.Ping;
        var transport = new Transport { Asked = () => Read(gateway, client, sent) };
        if (reason != "handshake_timeout") await client.PingAsync();
        if (reason == "frame_timeout") await client.SendAsync(client.Ping.AsMemory(0, 10));
        client.Context.Features.Set<ITransportInfoFeature>(transport);

        gateway.Advance(TimeSpan.FromSeconds(seconds) + TimerWheel.TickInterval);
        Assert.Null(transport.Asked);
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.timeouts"));
        client.CloseOutput();
        await client.Handler.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(0, gateway.Closed(reason));
    }

    [Fact]
    public async Task A_candidate_is_not_reached_by_a_silence_that_ends_before_the_look_at_the_transport()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ShadowReaderIdle = [TimeSpan.FromSeconds(4)]);
        var client = gateway.Connect();
        await client.PingAsync();
        client.Context.Features.Set<ITransportInfoFeature>(new Transport { Asked = () => Read(gateway, client, client.Ping) });
        gateway.Advance(TimeSpan.FromSeconds(4) + TimerWheel.TickInterval);
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.would_time_out", ("limit", "4")));
        gateway.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.would_time_out", ("limit", "4")));
    }

    [Fact]
    public async Task Unread_bytes_defer_a_timeout_as_long_as_the_reading_thread_has_not_come_round()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.PingAsync();
        var transport = new Transport { HasUnread = true, ReadRound = 300 };
        client.Context.Features.Set<ITransportInfoFeature>(transport);
        gateway.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.timeouts"));

        // It comes round again and again, and does not read them.
        for (var i = 0; i < 38; i++)
        {
            transport.ReadRound++;
            gateway.Advance(TimerWheel.TickInterval);
        }

        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.timeouts"));
        transport.ReadRound = null;
        gateway.Advance(3 * TimerWheel.TickInterval);
        Assert.Equal(1, gateway.Metrics.Sum("heartbeatgateway.timeouts"));
        await client.Handler.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    /// <summary>Sends bytes, and returns when the read loop has handled them.</summary>
    private static void Read(EngineHarness gateway, InMemoryClient client, byte[] bytes)
    {
        var connection = gateway.Engine.Table.All().Single();
        var before = connection.BytesRead;
        _ = client.SendAsync(bytes);
        Assert.True(SpinWait.SpinUntil(() => connection.BytesRead > before && connection.IsConnected && !connection.PartialFrame.Exists, TimeSpan.FromSeconds(20)));
    }

    private sealed class Transport : ITransportInfoFeature
    {
        /// <summary>Called by the first question for unread bytes, before its answer.</summary>
        public Action? Asked { get; set; }

        public bool HasUnread { get; init; }

        public int? ReadRound { get; set; }

        public long? AcknowledgedBytes => null;

        public bool HasUnreadInput(TimeSpan sinceLastRead)
        {
            var asked = Asked;
            Asked = null;
            asked?.Invoke();
            return HasUnread;
        }

        public void ShutdownSend()
        {
            // There is no socket.
        }
    }
}
