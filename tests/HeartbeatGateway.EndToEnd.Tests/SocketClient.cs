using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>A client on a real socket, controlled by the test.</summary>
internal sealed class SocketClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public Socket Socket => _socket;

    public static byte[] PingNow => TestSecrets.ClientKeyring().Keys[0].Bare.Ping(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToArray();

    public static Task<SocketClient> ConnectAsync(int port) => ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));

    public static async Task<SocketClient> ConnectAsync(EndPoint gateway)
    {
        var client = new SocketClient();
        await client._socket.ConnectAsync(gateway);
        return client;
    }

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _socket.SendAsync(bytes).AsTask();

    /// <summary>Sends a ping and reads its answer.</summary>
    public async Task PingAsync()
    {
        await SendAsync(PingNow);
        var answer = new byte[FrameFormat.HeaderLength];
        for (var read = 0; read < answer.Length;)
        {
            var count = await _socket.ReceiveAsync(answer.AsMemory(read)).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
            if (count == 0) throw new EndOfStreamException("The gateway closed the connection.");
            read += count;
        }
    }

    /// <summary>Reads until the gateway closes the connection. Returns true for an orderly close, false for a reset.</summary>
    public async Task<bool> EndsAsync(TimeSpan within)
    {
        var buffer = new byte[4096];
        try
        {
            while (await _socket.ReceiveAsync(buffer).WaitAsync(within, TimeProvider.System) > 0)
            {
                // Discards the remaining data.
            }

            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return false;
        }
    }

    public void Dispose() => _socket.Dispose();
}
