using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Faults.Tests.Soak;

/// <summary>A slow consumer: it sends pings as fast as the socket accepts them, and reads no answer.</summary>
internal sealed class SocketClientThatNeverReads(IPEndPoint gateway) : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4096 };

    /// <summary>Returns when the gateway has closed the connection, or when cancelled.</summary>
    public async Task PingUntilEndedAsync(CancellationToken stop)
    {
        await _socket.ConnectAsync(gateway, stop);
        var pings = Enumerable.Repeat(SocketClient.PingNow, 100).SelectMany(p => p).ToArray();
        try
        {
            while (true) await _socket.SendAsync(pings, stop);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The gateway closed the connection, or the test cancelled.
        }
    }

    public void Dispose()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
    }
}
