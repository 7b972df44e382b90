using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Tests.Support;

/// <summary>
/// A client that sends numbered messages as fast as it can until it has read a close frame. Then it shuts down its sending side and reads the gateway's.
/// </summary>
internal static class NumberingClient
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    /// <param name="stream">The connection.</param>
    /// <param name="clientId">The client id of its hello.</param>
    /// <param name="welcomed">Set when the gateway has welcomed it.</param>
    /// <returns>How many messages were written before it had read the close frame, and the reason in that.</returns>
    public static async Task<(int Sent, CloseReason? Reason)> RunAsync(Stream stream, string clientId, TaskCompletionSource? welcomed = null)
    {
        var signer = TestSecrets.ClientKeyring().Keys[0].Named;
        var hello = new HelloPayload { ClientId = clientId, Nonce = Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), Features = [ProtocolFeatures.Close] };
        await stream.WriteAsync(signer.Encode(FrameKinds.Hello, hello.ToJson(), Now()));
        await ReadAsync(stream);
        welcomed?.SetResult();
        var reading = ReadAsync(stream);
        var sent = 0;
        while (!reading.IsCompleted)
        {
            await stream.WriteAsync(signer.Encode("message"u8, Encoding.UTF8.GetBytes($"{clientId} {++sent}"), Now()));
            if (sent % 16 == 0) await Task.Yield();
        }

        var (type, content) = await reading;
        if (type != "close" || !ClosePayload.TryParse(new ReadOnlySequence<byte>(content), out var close)) throw new InvalidDataException($"The gateway sent '{type}'.");
        if (stream is SslStream tls) await tls.ShutdownAsync();
        else ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(MaxWait, TimeProvider.System));
        return (sent, close.Reason);
    }

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private static async Task<(string Type, byte[] Content)> ReadAsync(Stream stream)
    {
        var bytes = new byte[FrameFormat.HeaderLength];
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(MaxWait, TimeProvider.System);
        var content = new byte[FrameReader.ClaimedLength(new ReadOnlySequence<byte>(bytes))];
        await stream.ReadExactlyAsync(content).AsTask().WaitAsync(MaxWait, TimeProvider.System);
        return (Encoding.UTF8.GetString(bytes, FrameFormat.TypeOffset, FrameFormat.FieldLength).Trim('\0'), content);
    }
}
