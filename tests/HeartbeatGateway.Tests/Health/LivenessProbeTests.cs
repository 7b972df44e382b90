using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Health;
using HeartbeatGateway.Server.Transports;
using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeartbeatGateway.Tests.Health;

/// <summary>The probe reports only a gateway that does not answer as not live.</summary>
public sealed class LivenessProbeTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    private readonly EngineHarness _harness = new();
    private readonly TestMeterFactory _meters = new();
    private readonly GatewayTransportFactory _transport;
    private readonly LivenessProbe _probe;

    public LivenessProbeTests()
    {
        _transport = new GatewayTransportFactory(new ServiceOptions(), _harness.Engine, _harness.Time, NullLoggerFactory.Instance, new HttpMetrics(_meters));
        _probe = new LivenessProbe(_harness.Engine, _transport, _harness.Time, NullLogger<LivenessProbe>.Instance);
    }

    public void Dispose()
    {
        _transport.Listener?.Stop();
        _transport.WebSocketListener?.Stop();
        _probe.Dispose();
        _transport.Dispose();
        _harness.Dispose();
        _meters.Dispose();
    }

    [Theory]
    [InlineData(Failure.NothingAccepts)]
    [InlineData(Failure.NothingReads)]
    public async Task A_gateway_without_answers_is_not_live_after_ten_seconds_and_live_again_when_it_answers(Failure failure)
    {
        var listener = await BindAsync();
        ConnectionDelegate connected = _ => Task.CompletedTask;
        if (failure == Failure.NothingReads) _ = RunAsync(listener, c => connected(c));
        var began = _harness.Time.GetUtcNow();
        TimeSpan unanswered;
        while (true)
        {
            var report = await CheckAsync();
            unanswered = _harness.Time.GetUtcNow() - began;
            if (!report.IsLive) break;
            Assert.Contains("no answer on the TCP endpoint", report.Detail, StringComparison.Ordinal);
            Assert.True(unanswered < Limit + TimeSpan.FromSeconds(4), $"Live after {unanswered} without an answer.");
            _harness.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(unanswered >= Limit, $"Not live after {unanswered}.");

        connected = _harness.Engine.Handler.OnConnectedAsync;
        if (failure == Failure.NothingAccepts) _ = RunAsync(listener, connected);
        _harness.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new LivenessReport(true, "answers heartbeats"), await CheckAsync());
    }

    [Fact]
    public async Task A_gateway_without_answers_on_the_endpoint_for_WebSockets_is_not_live()
    {
        _ = RunAsync(await BindAsync(), _harness.Engine.Handler.OnConnectedAsync);
        await _transport.BindAsync(new GatewayEndPoint(new IPEndPoint(IPAddress.Loopback, 0), TransportKind.WebSocket), TestContext.Current.CancellationToken);
        LivenessReport report;
        var checks = 0;
        do
        {
            report = await CheckAsync();
            Assert.Contains("no answer on the WebSocket endpoint", report.Detail, StringComparison.Ordinal);
            Assert.True(checks++ < 20, "Live without an answer.");
            _harness.Advance(TimeSpan.FromSeconds(1));
        }
        while (report.IsLive);

        _ = RunAsync(_transport.WebSocketListener!, _harness.Engine.Handler.OnConnectedAsync);
        Assert.Equal(new LivenessReport(true, "answers heartbeats"), await CheckAsync());
    }

    [Fact]
    public async Task A_stall_between_two_probes_does_not_count()
    {
        await BindAsync();
        Assert.True((await CheckAsync()).IsLive);
        _harness.Stall(TimeSpan.FromSeconds(30));
        Assert.True((await CheckAsync()).IsLive);
    }

    [Fact]
    public async Task A_stall_within_a_probe_does_not_count_even_before_it_is_recorded()
    {
        await BindAsync();
        var checking = _probe.CheckAsync(TestContext.Current.CancellationToken);
        _harness.Time.Advance(TimeSpan.FromSeconds(30));
        await EngineHarness.SettleAsync();
        Assert.True((await CheckAsync(checking)).IsLive);
    }

    [Theory]
    [InlineData("--Gateway:Proxy:TrustedNetworks:0=127.0.0.0/8")]
    [InlineData("--Gateway:Admission:MaxConnections=1")]
    [InlineData("--Gateway:Admission:MaxConnectionsPerAddress=1")]
    [InlineData("--Gateway:Admission:AcceptsPerSecond=1")]
    public async Task Limits_that_reject_clients_do_not_reject_the_probe(string setting)
    {
        await using var host = await ServiceHost.StartAsync(setting);
        using var first = await host.ConnectAsync();
        using var second = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await second.ConnectAsync(IPAddress.Loopback, host.TcpPort, TestContext.Current.CancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Rejected so fast that the connect itself failed.
        }

        Assert.Contains("answers heartbeats", await host.Http.GetStringAsync("/livez", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_draining_gateway_is_live()
    {
        await BindAsync();
        var client = await _harness.ConnectedAsync();
        var stopping = _harness.Engine.StopAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(new LivenessReport(true, "stopping"), await CheckAsync());
        while (!stopping.IsCompleted)
        {
            _harness.Advance(Step);
            await EngineHarness.SettleAsync();
        }

        await client.Handler;
    }

    private async Task<GatewayListener> BindAsync()
    {
        await _transport.BindAsync(new GatewayEndPoint(new IPEndPoint(IPAddress.Loopback, 0)), TestContext.Current.CancellationToken);
        return _transport.Listener!;
    }

    /// <summary>Advances the clock until the probe has its result.</summary>
    private async Task<LivenessReport> CheckAsync(Task<LivenessReport>? checking = null)
    {
        checking ??= _probe.CheckAsync(TestContext.Current.CancellationToken);
        // Socket events take real time.
        while (await Task.WhenAny(checking, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System)) != checking) _harness.Advance(Step);
        return await checking;
    }

    private static async Task RunAsync(GatewayListener listener, ConnectionDelegate connected)
    {
        while (await listener.AcceptAsync() is { } connection) _ = connected(connection);
    }

    /// <summary>Why a gateway does not answer.</summary>
    public enum Failure
    {
        NothingAccepts,
        NothingReads,
    }
}
