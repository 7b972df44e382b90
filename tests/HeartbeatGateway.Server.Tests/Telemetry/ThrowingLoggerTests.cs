using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Telemetry;

/// <summary>A logger that throws at every line ends nothing: no connection, no tick of the wheel, no housekeeping, no drain.</summary>
public sealed class ThrowingLoggerTests
{
    private readonly ThrowingLoggerProvider _logger = new();

    [Fact]
    public async Task Clients_come_are_answered_and_leave()
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
    public async Task Clients_are_named_replaced_and_found_again()
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
    public async Task Refused_tokens_and_mute_clients_end_for_their_own_reasons()
    {
        using var gateway = new EngineHarness(o => o.Tokens.LogSignedBytes = true, logger: _logger);
        var (liar, mute, silent) = (gateway.Connect(), await gateway.ConnectedAsync(), gateway.Connect());
        var frame = liar.Ping;
        frame[60] ^= 1;
        await liar.SendAsync(frame);
        await liar.Handler;
        gateway.Advance(TimeSpan.FromSeconds(7.1));
        await Task.WhenAll(mute.Handler, silent.Handler);
        Assert.Equal((1, 1, 1), (gateway.Closed("token_invalid"), gateway.Closed("reader_idle"), gateway.Closed("handshake_timeout")));
        AssertCounted(gateway, atLeast: 8);
    }

    [Fact]
    public async Task A_sink_that_throws_costs_its_message_alone()
    {
        using var gateway = new EngineHarness(sink: new ThrowingSink(), logger: _logger);
        var client = gateway.Connect();
        await client.SendAsync((byte[])[.. client.Frame("message", "1"), .. client.Ping]);
        Assert.Single(client.TakeFrames());
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "failed")));
        AssertCounted(gateway, atLeast: 3);
    }

    [Fact]
    public async Task What_hangs_on_the_end_of_a_connection_and_throws_costs_nothing_either()
    {
        using var gateway = new EngineHarness(sink: new ThrowingAtTheEndSink(), logger: _logger);
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("message", "1"));
        client.CloseOutput();
        await client.Handler;
        // What hangs on the end runs on a thread of its own.
        await _logger.ReachedAsync(4).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        AssertCounted(gateway, atLeast: 4);
    }

    [Fact]
    public async Task The_wheel_and_the_housekeeping_go_on_after_a_stall_on_their_timers_threads()
    {
        using var gateway = new EngineHarness(logger: _logger);
        gateway.Engine.Start();
        var client = await gateway.ConnectedAsync();
        // The timers call back from within; what they throw, a real timer's thread would die of.
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
    public async Task The_drain_lets_everybody_go(double seconds)
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
        // The last line may just be thrown.
        Assert.True(SpinWait.SpinUntil(() => _logger.Lines == gateway.Engine.LogLinesLost, TimeSpan.FromSeconds(20)), "Not every line that threw is counted.");
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
            cancellationToken.Register(() => throw new InvalidOperationException("What it hung on to the end is broken."));
            return default;
        }
    }
}
