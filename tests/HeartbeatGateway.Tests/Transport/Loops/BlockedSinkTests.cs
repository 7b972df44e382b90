using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Health;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Transport.Loops;

/// <summary>A message sink that blocks a loop of the service, on a clock that the test advances.</summary>
public sealed class BlockedSinkTests : IDisposable
{
    private const int PongLength = 158;
    private const int Blocked = 201;
    private const int Continues = 202;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);
    private static readonly int Loops = Environment.ProcessorCount;

    private readonly BlockingSink _sink = new();
    private readonly EngineHarness _harness;
    private readonly TestMeterFactory _meters = new();
    private readonly MetricReader _metrics;
    private readonly ILoggerFactory _loggers;
    private readonly GatewayTransportFactory _transport;
    private readonly LivenessProbe _probe;
    private readonly List<Socket> _clients = [];

    public BlockedSinkTests()
    {
        _harness = new EngineHarness(options => options.Heartbeat.ReaderIdle = TimeSpan.FromHours(1), _sink);
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(new FakeLoggerProvider(_harness.Logs)));
        var options = new ServiceOptions { Tcp = { Transport = TcpTransport.Epoll } };
        _transport = new GatewayTransportFactory(options, _harness.Engine, _harness.Time, _loggers, new HttpMetrics(_meters));
        _ = new TransportMetrics(_meters, _transport);
        _metrics = new MetricReader(_meters);
        _probe = new LivenessProbe(_harness.Engine, _transport, _harness.Time, _loggers.CreateLogger<LivenessProbe>());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TokenSigner Signer { get; } = TestSecrets.ClientKeyring().Keys[0].Named;

    public void Dispose()
    {
        _sink.Dispose();
        foreach (var client in _clients) client.Dispose();
        _transport.Listener?.Stop();
        _probe.Dispose();
        _transport.Dispose();
        _metrics.Dispose();
        _harness.Dispose();
        _loggers.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task A_sink_that_blocks_shows_in_metric_log_and_liveness_while_other_loops_answer()
    {
        await _transport.BindAsync(new GatewayEndPoint(new IPEndPoint(IPAddress.Loopback, 0)), Token);
        _ = RunAsync(_transport.Listener!, _harness.Engine.Handler.OnConnectedAsync);
        // One after the other, so client i is on loop i, and the last one on loop 0 too.
        for (var i = 0; i <= Loops; i++)
        {
            _clients.Add(await ConnectAsync());
            await PingAsync(_clients[i]);
        }

        Assert.All(Enumerable.Range(0, Loops), loop => Assert.Equal((loop == 0 ? 2 : 1, 0), (Connections(loop), Busy(loop))));
        Assert.Equal(new LivenessReport(true, "answers heartbeats"), await AnsweredAsync());

        do await _clients[0].SendAsync(Signer.Encode("message"u8, "0"u8.ToArray(), Now()), Token);
        while (await Task.WhenAny(_sink.Blocks, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token)) != _sink.Blocks);
        // The probe's result is good for a second.
        await AdvanceAsync(TimeSpan.FromSeconds(1.5));
        Assert.InRange(Busy(0), 1, 1.5);
        await _clients[Loops].SendAsync(Signer.Ping(Now()), Token);

        var failing = _harness.Time.GetUtcNow();
        LivenessReport report;
        do
        {
            report = await CheckAsync();
            Assert.Contains("no answer on the TCP endpoint for", report.Detail, StringComparison.Ordinal);
            Assert.Contains($"event loop 0 has been in connection {_transport.Epoll!.ReadLoopStates()[0].ConnectionId} for", report.Detail, StringComparison.Ordinal);
            Assert.True(_harness.Time.GetUtcNow() - failing < TimeSpan.FromSeconds(20), $"Still live: {report.Detail}");
            for (var i = 1; i < Loops; i++) await PingAsync(_clients[i]);
            await AdvanceAsync(TimeSpan.FromSeconds(1));
        }
        while (report.IsLive);

        Assert.Equal(0, _clients[Loops].Available);
        Assert.All(Enumerable.Range(1, Loops - 1), loop => Assert.Equal(0, Busy(loop)));
        var line = Assert.Single(Lines(), l => l.Id.Id is Blocked or Continues);
        Assert.Contains($"of {_clients[0].LocalEndPoint} for 1.0 s, while 1 other connections wait", line.Message, StringComparison.Ordinal);

        _sink.Release();
        await AssertPongAsync(_clients[Loops]);
        await PingAsync(_clients[0]);
        await _transport.Epoll!.PingAsync(Token);
        await AdvanceAsync(TimeSpan.FromSeconds(1), blocked: -1);
        Assert.Equal(0, Busy(0));
        Assert.Equal(new LivenessReport(true, "answers heartbeats"), await AnsweredAsync());
        Assert.Equal([Blocked, Continues], Lines().Select(l => l.Id.Id).Where(id => id is Blocked or Continues));
    }

    [Fact]
    public void Without_the_transport_there_are_no_series_of_loops()
    {
        using var meters = new TestMeterFactory();
        using var sockets = new GatewayTransportFactory(new ServiceOptions(), _harness.Engine, _harness.Time, _loggers, new HttpMetrics(meters));
        _ = new TransportMetrics(meters, sockets);
        using var metrics = new MetricReader(meters);
        Assert.DoesNotContain(metrics.Series().Keys, key => key.Contains("loop", StringComparison.Ordinal));
    }

    private static async Task RunAsync(GatewayListener listener, ConnectionDelegate connected)
    {
        while (await listener.AcceptAsync(CancellationToken.None) is { } connection) _ = RunAsync(connection, connected);
    }

    private static async Task RunAsync(ConnectionContext connection, ConnectionDelegate connected)
    {
        await connected(connection);
        await connection.DisposeAsync();
    }

    private static async Task AssertPongAsync(Socket client)
    {
        await using var stream = new NetworkStream(client);
        await stream.ReadExactlyAsync(new byte[PongLength], Token);
    }

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(_transport.Listener!.EndPoint, Token);
        return client;
    }

    private async Task PingAsync(Socket client)
    {
        await client.SendAsync(Signer.Ping(Now()), Token);
        await AssertPongAsync(client);
    }

    /// <summary>The result of a probe that is answered. Answers take real time, so the clock does not advance meanwhile.</summary>
    private Task<LivenessReport> AnsweredAsync() => _probe.CheckAsync(Token).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Token);

    /// <summary>Advances the clock until the probe has its result, for a probe that gets no answer.</summary>
    private async Task<LivenessReport> CheckAsync()
    {
        var checking = _probe.CheckAsync(Token);
        // The answers of loops and sockets take real time.
        while (await Task.WhenAny(checking, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token)) != checking) await AdvanceAsync(Step);
        return await checking;
    }

    /// <summary>Waits until the loops wait for events: the fake clock is much faster than a loop that is in the middle of an event.</summary>
    private async Task AdvanceAsync(TimeSpan time, int blocked = 0)
    {
        while (_transport.Epoll!.ReadLoopStates().Any(s => s.Loop != blocked && s.ConnectionId is not null)) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Token);
        _harness.Advance(time);
    }

    private long Now() => _harness.Time.GetUtcNow().ToUnixTimeSeconds();

    private double Busy(int loop) => _metrics.Read("heartbeatgateway.transport.loop.busy", ("loop", $"{loop}"));

    private double Connections(int loop) => _metrics.Read("heartbeatgateway.transport.loop.connections", ("loop", $"{loop}"));

    private IReadOnlyList<FakeLogRecord> Lines() => _harness.Logs.GetSnapshot();
}
