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
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);
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
        Assert.Equal(new LivenessReport(true, "answers heartbeats"), await AnsweredAsync());
    }

    [Fact]
    public async Task A_gateway_without_answers_on_the_endpoint_for_WebSockets_is_not_live()
    {
        var answered = 0;
        _ = RunAsync(await BindAsync(), async connection =>
        {
            await _harness.Engine.Handler.OnConnectedAsync(connection);
            Interlocked.Increment(ref answered);
        });
        await _transport.BindAsync(new GatewayEndPoint(new IPEndPoint(IPAddress.Loopback, 0), TransportKind.WebSocket), TestContext.Current.CancellationToken);
        LivenessReport report;
        var checks = 0;
        do
        {
            var before = Volatile.Read(ref answered);
            var checking = _probe.CheckAsync(TestContext.Current.CancellationToken);
            // The clock advances only after the answer of the TCP endpoint.
            await Waiting.UntilAsync(() => Volatile.Read(ref answered) > before, "the TCP endpoint has answered the probe");
            report = await CheckAsync(checking);
            Assert.Contains("no answer on the WebSocket endpoint", report.Detail, StringComparison.Ordinal);
            Assert.True(checks++ < 20, "Live without an answer.");
            _harness.Advance(TimeSpan.FromSeconds(1));
        }
        while (report.IsLive);

        _ = RunAsync(_transport.WebSocketListener!, _harness.Engine.Handler.OnConnectedAsync);
        Assert.Equal(new LivenessReport(true, "answers heartbeats"), await AnsweredAsync());
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

    /// <summary>
    /// Socket events take real time. The end of an unanswered probe does too: from then on the clock is no faster than real time. Otherwise the probe would take
    /// the rest for a pause of the process, and begin again.
    /// </summary>
    private static TimeSpan Wait(TimeSpan passed) => passed < AnswerWithin ? TimeSpan.FromMilliseconds(20) : Step;

    private async Task<GatewayListener> BindAsync()
    {
        await _transport.BindAsync(new GatewayEndPoint(new IPEndPoint(IPAddress.Loopback, 0)), TestContext.Current.CancellationToken);
        return _transport.Listener!;
    }

    /// <summary>The result of a probe that is answered. Answers take real time, so the clock does not advance meanwhile.</summary>
    private Task<LivenessReport> AnsweredAsync() =>
        _probe.CheckAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);

    /// <summary>Advances the clock until the probe has its result, for a probe that gets no answer.</summary>
    private async Task<LivenessReport> CheckAsync(Task<LivenessReport>? checking = null)
    {
        checking ??= _probe.CheckAsync(TestContext.Current.CancellationToken);
        var passed = TimeSpan.Zero;
        while (await Task.WhenAny(checking, Task.Delay(Wait(passed), TimeProvider.System)) != checking)
        {
            _harness.Advance(Step);
            passed += Step;
        }

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
