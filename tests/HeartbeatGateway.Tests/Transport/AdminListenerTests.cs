using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>A flood of HTTP connections leaves the clients their descriptors.</summary>
public sealed class AdminListenerTests : IDisposable
{
    private const int Most = 3;

    private readonly Socket _listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly EmergencyDescriptors _reserve = new();
    private readonly FakeLogger _logs = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AdminListener _listener;

    public AdminListenerTests()
    {
        _listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listening.Listen();
        _listener = new AdminListener(_listening, Connected, Most, _reserve, TimeProvider.System, _logs);
    }

    public void Dispose()
    {
        _listener.Stop();
        _reserve.Dispose();
    }

    [Fact]
    public async Task Who_is_one_too_many_is_turned_away_and_told_of_and_a_place_that_is_free_again_is_given()
    {
        var open = new List<ConnectionContext>();
        for (var i = 0; i < Most; i++)
        {
            using var client = await ConnectAsync();
            open.Add(Assert.IsType<DefaultConnectionContext>(await AcceptAsync()));
        }

        Assert.Empty(_logs.Collector.GetSnapshot());
        var next = _listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        var reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            // Turned away, it may be, so quickly that the connect itself notices.
            using var tooMany = await ConnectAsync();
            await tooMany.ReceiveAsync(new byte[1]);
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);

        var line = Assert.Single(_logs.Collector.GetSnapshot());
        Assert.Equal("AcceptFailed", line.Id.Name);
        Assert.Contains("3 HTTP connections are open", line.Message, StringComparison.Ordinal);

        open[0].Abort();
        await _closed.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        using var late = await ConnectAsync();
        Assert.NotNull(await next.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
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
        // The first to register is the last to be called: the listener has heard of it by then.
        context.ConnectionClosed.Register(() =>
        {
            socket.Dispose();
            _closed.TrySetResult();
        });
        return context;
    }
}
