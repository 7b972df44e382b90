using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Testing;

/// <summary>
/// A client that sends numbered messages in quick succession until it has read a close frame. Then it shuts down its sending side and reads the gateway's.
/// </summary>
public static class NumberingClient
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
            // Thousands in a second, but never more than a busy gateway works off within its two seconds.
            if (sent % 10 == 0) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        var (type, content) = await reading;
        if (type != "close" || !ClosePayload.TryParse(new ReadOnlySequence<byte>(content), out var close)) throw new InvalidDataException($"The gateway sent '{type}'.");
        if (stream is SslStream tls) await tls.ShutdownAsync();
        else ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
        return await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(MaxWait, TimeProvider.System) == 0
            ? (sent, close.Reason)
            : throw new InvalidDataException("The gateway sent more bytes behind its close frame.");
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
