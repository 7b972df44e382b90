using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>A client on a real socket, controlled by the test.</summary>
internal sealed class SocketClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private Stream? _tls;

    public Socket Socket => _socket;

    public static byte[] PingNow => TestSecrets.ClientKeyring().Keys[0].Bare.Ping(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToArray();

    public static Task<SocketClient> ConnectAsync(int port) => ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));

    /// <param name="gateway">The endpoint to connect to.</param>
    /// <param name="secure">Completes a TLS handshake on the connected socket; null, or a null result, for plain TCP.</param>
    public static async Task<SocketClient> ConnectAsync(EndPoint gateway, Func<Socket, Task<Stream?>>? secure = null)
    {
        var client = new SocketClient();
        try
        {
            await client._socket.ConnectAsync(gateway);
            if (secure is not null) client._tls = await secure(client._socket);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_tls is not null) await _tls.WriteAsync(bytes);
        else await _socket.SendAsync(bytes);
    }

    /// <returns>The number of bytes received; 0 at the end of the stream.</returns>
    public async Task<int> ReceiveAsync(Memory<byte> buffer) => _tls is null ? await _socket.ReceiveAsync(buffer) : await _tls.ReadAsync(buffer);

    /// <summary>Sends a ping and reads its answer.</summary>
    public async Task PingAsync()
    {
        await SendAsync(PingNow);
        var answer = new byte[FrameFormat.HeaderLength];
        for (var read = 0; read < answer.Length;)
        {
            var count = await ReceiveAsync(answer.AsMemory(read)).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
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
            while (await ReceiveAsync(buffer).WaitAsync(within, TimeProvider.System) > 0)
            {
                // Discards the remaining data.
            }

            return true;
        }
        catch (Exception e) when ((e as SocketException ?? e.InnerException as SocketException)?.SocketErrorCode == SocketError.ConnectionReset)
        {
            return false;
        }
    }

    public void Dispose()
    {
        // The socket first: the stream would end it with FIN, also where a reset is set.
        _socket.Dispose();
        _tls?.Dispose();
    }
}
