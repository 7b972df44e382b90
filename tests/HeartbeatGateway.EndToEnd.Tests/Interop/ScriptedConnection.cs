using System.Buffers;
using System.Buffers.Text;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>One connection of a <see cref="ScriptedGateway"/>.</summary>
internal sealed class ScriptedConnection(Socket socket) : IDisposable
{
    private static readonly TokenKeyring Keyring = new(
        new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] }, TokenRole.Gateway);

    private readonly List<byte> _received = [];

    /// <summary>A frame with the gateway's signature and the current date.</summary>
    public static byte[] Encode(string type, byte[] content) => Encode(Keyring.Keys[0].Bare, type, content);

    public static byte[] Encode(TokenSigner signer, string type, byte[] content) =>
        signer.Encode(Encoding.UTF8.GetBytes(type), content, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToArray();

    /// <summary>A frame with a number, for the clients of connections with the feature <c>ack</c>.</summary>
    public static byte[] EncodeNumbered(string type, string content, long number, long generation) => Keyring.Keys[0].Bare.EncodeNumbered(
        Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(content), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), new FrameNumber(number, generation)).ToArray();

    /// <summary>A frame with any text after its date.</summary>
    public static byte[] EncodeDated(string type, string afterDate)
    {
        var header = new byte[FrameFormat.HeaderLength];
        var date = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
        FrameWriter.WriteHeader(header, Encoding.UTF8.GetBytes(type), 0, Encoding.UTF8.GetBytes(date + afterDate));
        var key = HMACSHA256.HashData(Encoding.UTF8.GetBytes(TestSecrets.Secret), "heartbeatgateway outbound"u8);
        byte[] signed = [.. header[..FrameFormat.TokenOffset], .. header[FrameFormat.CreatedOffset..]];
        Encoding.ASCII.GetBytes(Base64Url.EncodeToString(HMACSHA256.HashData(key, signed))).CopyTo(header, FrameFormat.TokenOffset);
        return header;
    }

    /// <summary>A welcome that grants the feature <c>ack</c>.</summary>
    public static byte[] WelcomeWithAck(long generation, long? accepted, string pushes = "numbering-1") => Encode("welcome", new WelcomePayload
    {
        SessionId = "a-session",
        Generation = generation,
        Reconnected = false,
        Resumed = false,
        Heartbeat = TimeSpan.FromSeconds(60.0),
        Timeout = TimeSpan.FromSeconds(90.0),
        ServerTime = TimeProvider.System.GetUtcNow(),
        Accepted = accepted,
        Pushes = pushes,
        Features = [ProtocolFeatures.Close, ProtocolFeatures.Ack],
    }.ToJson());

    public static byte[] Welcome(double heartbeatSeconds) => Encode("welcome", new WelcomePayload
    {
        SessionId = "a-session",
        Generation = 1,
        Reconnected = false,
        Resumed = false,
        Heartbeat = TimeSpan.FromSeconds(heartbeatSeconds),
        Timeout = TimeSpan.FromSeconds(heartbeatSeconds * 1.5),
        ServerTime = TimeProvider.System.GetUtcNow(),
        Features = [ProtocolFeatures.Close],
    }.ToJson());

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        for (var sent = 0; sent < bytes.Length;) sent += await socket.SendAsync(bytes[sent..]);
    }

    /// <summary>The next frame, verified; null at the end of the stream.</summary>
    public async Task<ScriptedFrame?> ReadAsync(TimeSpan? within = null)
    {
        var buffer = new byte[4096];
        while (true)
        {
            if (TryTake() is { } frame) return frame;
            var read = await ReceiveAsync(buffer, within ?? TimeSpan.FromSeconds(30));
            if (read == 0) return null;
            _received.AddRange(buffer.AsSpan(0, read));
        }
    }

    public void Dispose() => socket.Dispose();

    /// <summary>Receives bytes. After a timeout nothing is received until the next call.</summary>
    private async Task<int> ReceiveAsync(byte[] buffer, TimeSpan within)
    {
        using var timeout = new CancellationTokenSource(within, TimeProvider.System);
        try
        {
            return await socket.ReceiveAsync(buffer, timeout.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"Nothing was received within {within}.", e);
        }
    }

    private ScriptedFrame? TryTake()
    {
        var buffer = new ReadOnlySequence<byte>([.. _received]);
        var length = buffer.Length;
        var status = new FrameReader().TryRead(ref buffer, new byte[FrameFormat.HeaderLength], 1 << 16, FrameResync.Strict, out var frame);
        if (status == FrameReadStatus.Incomplete) return null;
        Assert.Equal(FrameReadStatus.Complete, status);
        Assert.Equal(TokenOutcome.Verified, Keyring.Verify(frame, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).Outcome);
        var number = frame.ReadNumber(out var read);
        Assert.NotEqual(FrameNumberStatus.Malformed, number);
        var taken = new ScriptedFrame(
            frame.TypeText, frame.Content.ToArray(), Encoding.ASCII.GetString(frame.Token), number == FrameNumberStatus.Numbered ? read : null);
        _received.RemoveRange(0, (int)(length - buffer.Length));
        return taken;
    }
}
