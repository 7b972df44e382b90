using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Telemetry;

/// <summary>A logger that throws at every line stops nothing: no connection, no tick of the timer wheel, no housekeeping, no drain.</summary>
public sealed class ThrowingLoggerTests
{
    private readonly ThrowingLoggerProvider _logger = new();

    [Fact]
    public async Task Clients_connect_are_answered_and_disconnect()
    {
        using var gateway = new EngineHarness(logger: _logger);
        var client = await gateway.ConnectedAsync();
        await client.PingAsync();
        Assert.Single(client.TakeFrames());
        client.CloseOutput();
        await client.Handler;
        Assert.Equal(1, gateway.Closed("peer_closed"));
        Assert.Equal(0, gateway.Engine.OpenConnections);
        AssertCounted(gateway, atLeast: 3);
    }

    [Fact]
    public async Task Clients_are_identified_replaced_and_recognised()
    {
        using var gateway = new EngineHarness(logger: _logger);
        var (old, _) = await gateway.IdentifiedAsync();
        var (client, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        Assert.True(welcome.Reconnected);
        Assert.Equal("replaced", (await old.ReadCloseAsync()).ReasonName);
        old.CloseOutput();
        await old.Handler;
        await client.HelloAsync(EngineHarness.Hello());
        Assert.Equal("bad_hello", (await client.ReadCloseAsync()).ReasonName);
        client.CloseOutput();
        await client.Handler;
        AssertCounted(gateway, atLeast: 7);
    }

    [Fact]
    public async Task Connections_with_invalid_tokens_and_idle_connections_end_with_their_own_reasons()
    {
        using var gateway = new EngineHarness(o => o.Tokens.LogSignedBytes = true, logger: _logger);
        var (wrongToken, idle, unauthenticated) = (gateway.Connect(), await gateway.ConnectedAsync(), gateway.Connect());
        var frame = wrongToken.Ping;
        frame[60] ^= 1;
        await wrongToken.SendAsync(frame);
        await wrongToken.Handler;
        gateway.Advance(TimeSpan.FromSeconds(7.1));
        await Task.WhenAll(idle.Handler, unauthenticated.Handler);
        Assert.Equal((1, 1, 1), (gateway.Closed("token_invalid"), gateway.Closed("reader_idle"), gateway.Closed("handshake_timeout")));
        AssertCounted(gateway, atLeast: 8);
    }

    [Fact]
    public async Task A_sink_that_throws_loses_only_its_message()
    {
        using var gateway = new EngineHarness(sink: new ThrowingSink(), logger: _logger);
        var client = gateway.Connect();
        await client.SendAsync((byte[])[.. client.Frame("message", "1"), .. client.Ping]);
        Assert.Single(client.TakeFrames());
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "failed")));
        AssertCounted(gateway, atLeast: 3);
    }

    [Fact]
    public async Task A_throwing_callback_at_the_end_of_a_connection_has_no_effect()
    {
        using var gateway = new EngineHarness(sink: new ThrowingAtTheEndSink(), logger: _logger);
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("message", "1"));
        client.CloseOutput();
        await client.Handler;
        // Callbacks at the end of a connection run on another thread.
        await _logger.ReachedAsync(4).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        AssertCounted(gateway, atLeast: 4);
    }

    [Fact]
    public async Task The_timer_wheel_and_the_housekeeping_continue_after_a_stall()
    {
        using var gateway = new EngineHarness(logger: _logger);
        gateway.Engine.Start();
        var client = await gateway.ConnectedAsync();
        // These timers run their callbacks inside Advance. On the thread of a real timer an exception would end the process.
        gateway.Time.Advance(TimeSpan.FromSeconds(3));
        for (var i = 0; i < 400; i++) gateway.Engine.AcceptParts.Reject(null, CloseReason.LimitTotal);
        gateway.Time.Advance(TimeSpan.FromSeconds(8));
        gateway.Stall(TimeSpan.FromSeconds(2));
        gateway.Advance(TimeSpan.FromSeconds(7.1));
        await client.Handler;
        Assert.Equal(1, gateway.Closed("reader_idle"));
        Assert.True(gateway.Metrics.Read("heartbeatgateway.stalls") >= 1);
        AssertCounted(gateway, atLeast: 4);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task The_drain_closes_all_connections(double seconds)
    {
        using var gateway = new EngineHarness(logger: _logger);
        var clients = new List<InMemoryClient>();
        for (var i = 0; i < 10; i++) clients.Add(await gateway.ConnectedAsync());
        var stopping = gateway.Engine.StopAsync(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
        while (!stopping.IsCompleted)
        {
            gateway.Advance(TimeSpan.FromSeconds(0.1));
            await EngineHarness.SettleAsync();
        }

        await stopping;
        await Task.WhenAll(clients.Select(c => c.Handler));
        Assert.Equal(0, gateway.Engine.OpenConnections);
        AssertCounted(gateway, atLeast: 32);
    }

    private void AssertCounted(EngineHarness gateway, int atLeast)
    {
        // The exception of the last line may not have been counted yet.
        Assert.True(SpinWait.SpinUntil(() => _logger.Lines == gateway.Engine.LogLinesLost, TimeSpan.FromSeconds(20)), "Not every lost log line was counted.");
        Assert.True(_logger.Lines >= atLeast, $"Only {_logger.Lines} lines were logged.");
        Assert.Equal(0, gateway.Closed("internal_error"));
        gateway.AssertBalanced();
    }

    private sealed class ThrowingSink : IMessageSink
    {
        public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken) => throw new InvalidOperationException("The sink is broken.");
    }

    private sealed class ThrowingAtTheEndSink : IMessageSink
    {
        public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
        {
            cancellationToken.Register(() => throw new InvalidOperationException("The callback at the end of the connection is broken."));
            return default;
        }
    }
}
