using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>A flood of HTTP connections leaves file descriptors for the clients.</summary>
public sealed class AdminListenerTests : IDisposable
{
    private const int MaxConnections = 3;

    private readonly Socket _listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly EmergencyDescriptors _reserve = new();
    private readonly FakeLogger _logs = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TestMeterFactory _meters = new();
    private readonly HttpConnectionTable _connections;
    private readonly AdminListener _listener;

    public AdminListenerTests()
    {
        _listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listening.Listen();
        _connections = new HttpConnectionTable(MaxConnections, maxPerAddress: 0, TimeProvider.System, new HttpMetrics(_meters));
        _listener = new AdminListener(_listening, Connected, _connections, _reserve, TimeProvider.System, _logs);
    }

    public void Dispose()
    {
        _listener.Stop();
        _reserve.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task A_connection_above_the_limit_is_rejected_and_logged_and_a_freed_place_is_used_again()
    {
        var open = new List<ConnectionContext>();
        for (var i = 0; i < MaxConnections; i++)
        {
            using var client = await ConnectAsync();
            open.Add(Assert.IsType<DefaultConnectionContext>(await AcceptAsync()));
            // A health check in progress is never closed for another connection.
            open[i].Features.Get<HttpConnection>()!.BeginRequest(isHealthCheck: true, TimeProvider.System.GetTimestamp());
        }

        Assert.Empty(_logs.Collector.GetSnapshot());
        var next = _listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        var reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            // The rejection may be so fast that the connect itself fails.
            using var tooMany = await ConnectAsync();
            await tooMany.ReceiveAsync(new byte[1]);
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);

        var line = Assert.Single(_logs.Collector.GetSnapshot());
        Assert.Equal("AcceptFailed", line.Id.Name);
        Assert.Contains("3 HTTP connections are open", line.Message, StringComparison.Ordinal);

        Assert.DoesNotContain("descriptor limit", line.Message, StringComparison.Ordinal);
        open[0].Abort();
        await _closed.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        using var late = await ConnectAsync();
        Assert.NotNull(await next.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_connection_above_the_limit_replaces_one_that_waits_for_a_request()
    {
        using var metrics = new MetricReader(_meters);
        var clients = new List<Socket>();
        for (var i = 0; i < MaxConnections + 2; i++)
        {
            clients.Add(await ConnectAsync());
            await AcceptAsync();
        }

        Assert.Equal(MaxConnections, _connections.Count);
        Assert.Equal(2, metrics.Read("heartbeatgateway.http_connections_shed", ("reason", "replaced")));
        Assert.Equal(0, metrics.Read("heartbeatgateway.http_connections_shed", ("reason", "rejected")));
        // At most one line a second, with the number of connections.
        var line = _logs.Collector.GetSnapshot()[0];
        Assert.Equal("HttpConnectionsReplaced", line.Id.Name);
        Assert.Contains("3 HTTP connections are open", line.Message, StringComparison.Ordinal);
        clients.ForEach(c => c.Dispose());
    }

    private async Task<ConnectionContext?> AcceptAsync() =>
        await _listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_listening.LocalEndPoint!);
        return socket;
    }

    private DefaultConnectionContext Connected(Socket socket)
    {
        var context = new DefaultConnectionContext();
        // Callbacks run in reverse order of registration, so the listener's callback has run when this one runs.
        context.ConnectionClosed.Register(() =>
        {
            socket.Dispose();
            _closed.TrySetResult();
        });
        return context;
    }
}
