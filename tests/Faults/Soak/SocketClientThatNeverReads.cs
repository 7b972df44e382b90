using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Faults.Tests.Soak;

/// <summary>A client that sends pings as fast as they are taken and reads no answer.</summary>
internal sealed class SocketClientThatNeverReads(IPEndPoint gateway) : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4096 };

    /// <summary>Ends when the gateway has ended it, or it is told to.</summary>
    public async Task AskUntilEndedAsync(CancellationToken stop)
    {
        await _socket.ConnectAsync(gateway, stop);
        var pings = Enumerable.Repeat(SocketClient.PingNow, 100).SelectMany(p => p).ToArray();
        try
        {
            while (true) await _socket.SendAsync(pings, stop);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The gateway has had enough, or the test has.
        }
    }

    public void Dispose()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
    }
}
