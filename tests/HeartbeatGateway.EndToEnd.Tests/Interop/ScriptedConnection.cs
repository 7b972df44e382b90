using System.Buffers;
using System.Net.Sockets;
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
            var read = await socket.ReceiveAsync(buffer).WaitAsync(within ?? TimeSpan.FromSeconds(30), TimeProvider.System);
            if (read == 0) return null;
            _received.AddRange(buffer.AsSpan(0, read));
        }
    }

    public void Dispose() => socket.Dispose();

    private ScriptedFrame? TryTake()
    {
        var buffer = new ReadOnlySequence<byte>([.. _received]);
        var length = buffer.Length;
        var status = new FrameReader().TryRead(ref buffer, new byte[FrameFormat.HeaderLength], 1 << 16, FrameResync.Strict, out var frame);
        if (status == FrameReadStatus.Incomplete) return null;
        Assert.Equal(FrameReadStatus.Complete, status);
        Assert.Equal(TokenOutcome.Verified, Keyring.Verify(frame, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).Outcome);
        var taken = new ScriptedFrame(frame.TypeText, frame.Content.ToArray(), Encoding.ASCII.GetString(frame.Token));
        _received.RemoveRange(0, (int)(length - buffer.Length));
        return taken;
    }
}
