using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Tokens;

/// <summary>
/// What happens to a frame that is recorded and replayed, as docs/protocol.md defines it, for each kind of frame, connection, time and
/// scheme.
/// </summary>
public sealed class ReplayTableTests
{
    private static readonly TimeSpan JustOutside = TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1);

    /// <summary>On which connection, and when, a recorded frame is replayed.</summary>
    public enum Replay
    {
        /// <summary>On the connection that sent it, in the same second.</summary>
        SameConnection,

        /// <summary>On another connection, in the last second of the window.</summary>
        OtherConnection,

        /// <summary>On another connection, a second after the window.</summary>
        TooLate,

        /// <summary>A frame that the gateway sent, sent back to it.</summary>
        Reflected,
    }

    /// <summary>The answer of the gateway, or what it does with the frame. Then, where there is one, the token failure and the close reason.</summary>
    public static TheoryData<string, string, Replay, string> Table => new()
    {
        { "hmac-sha256", "ping", Replay.SameConnection, "ping" },
        { "hmac-sha256", "ping", Replay.OtherConnection, "ping" },
        { "hmac-sha256", "ping", Replay.TooLate, "close expired token_expired" },
        { "hmac-sha256", "ping", Replay.Reflected, "mismatch token_invalid" },
        { "hmac-sha256", "hello", Replay.SameConnection, "replayed token_invalid" },
        { "hmac-sha256", "hello", Replay.OtherConnection, "replayed token_invalid" },
        { "hmac-sha256", "hello", Replay.TooLate, "close expired token_expired" },
        { "hmac-sha256", "hello", Replay.Reflected, "mismatch token_invalid" },
        { "hmac-sha256", "message", Replay.SameConnection, "accepted" },
        { "hmac-sha256", "message", Replay.OtherConnection, "accepted" },
        { "hmac-sha256", "message", Replay.TooLate, "close expired token_expired" },
        { "hmac-sha256", "message", Replay.Reflected, "mismatch token_invalid" },

        // Symmetric: a frame that the gateway sent verifies like a frame of a client.
        { "digest", "ping", Replay.SameConnection, "ping" },
        { "digest", "ping", Replay.OtherConnection, "ping" },
        { "digest", "ping", Replay.TooLate, "close expired token_expired" },
        { "digest", "ping", Replay.Reflected, "ping" },
        { "digest", "hello", Replay.SameConnection, "replayed token_invalid" },
        { "digest", "hello", Replay.OtherConnection, "replayed token_invalid" },
        { "digest", "hello", Replay.TooLate, "close expired token_expired" },
        { "digest", "hello", Replay.Reflected, "accepted" },
        { "digest", "message", Replay.SameConnection, "accepted" },
        { "digest", "message", Replay.OtherConnection, "accepted" },
        { "digest", "message", Replay.TooLate, "close expired token_expired" },
        { "digest", "message", Replay.Reflected, "accepted" },

        // No check and no window: only a second hello on one connection is a violation.
        { "none", "ping", Replay.SameConnection, "ping" },
        { "none", "ping", Replay.OtherConnection, "ping" },
        { "none", "ping", Replay.TooLate, "ping" },
        { "none", "ping", Replay.Reflected, "ping" },
        { "none", "hello", Replay.SameConnection, "close bad_hello" },
        { "none", "hello", Replay.OtherConnection, "welcome" },
        { "none", "hello", Replay.TooLate, "welcome" },
        { "none", "hello", Replay.Reflected, "accepted" },
        { "none", "message", Replay.SameConnection, "accepted" },
        { "none", "message", Replay.OtherConnection, "accepted" },
        { "none", "message", Replay.TooLate, "accepted" },
        { "none", "message", Replay.Reflected, "accepted" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public async Task A_replayed_frame_has_the_effect_that_the_protocol_defines(string scheme, string type, Replay replay, string outcome)
    {
        var sink = new Recorder();
        using var gateway = new EngineHarness(o => o.Tokens.Scheme = scheme, sink);
        var keyring = TestSecrets.ClientKeyring(scheme switch { "digest" => TokenScheme.Digest, "none" => TokenScheme.None, _ => TokenScheme.HmacSha256 });
        var client = gateway.Connect(keyring: keyring);
        var content = type == "hello" ? EngineHarness.Hello().ToJson() : type == "message" ? Encoding.UTF8.GetBytes("open the valve") : [];
        var sent = client.Signer.Encode(Encoding.UTF8.GetBytes(type), content, client.UnixSeconds).ToArray();
        await client.SendAsync(sent);
        // A message has no answer. A push to its sender stands for one.
        if (type == "message") gateway.Engine.Broadcast("message", content);
        var answer = client.TakeBytes();

        var target = replay == Replay.SameConnection ? client : gateway.Connect(keyring: keyring);
        if (replay == Replay.OtherConnection) gateway.Time.Advance(TimeSpan.FromMinutes(5));
        if (replay == Replay.TooLate) gateway.Time.Advance(JustOutside);
        var failures = Failures(gateway);
        var closed = Closed(gateway);
        sink.Accepted = 0;
        await target.SendAsync(replay == Replay.Reflected ? answer : sent);
        // A takeover does not wait for the old connection. A client that gets a close frame reads it to the end. When the handler has ended,
        // every connection that must end has ended.
        target.CloseOutput();
        await target.Handler.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);

        IEnumerable<string> seen =
        [
            .. TypesOf(target.TakeBytes()),
            .. Enumerable.Repeat("accepted", sink.Accepted),
            .. Failures(gateway).Except(failures),
            .. Closed(gateway).Except(closed).Where(reason => reason is not ("peer_closed" or "replaced")),
        ];
        Assert.Equal(outcome, string.Join(' ', seen));
        gateway.AssertBalanced();
    }

    private static IEnumerable<string> TypesOf(byte[] frames)
    {
        var buffer = new System.Buffers.ReadOnlySequence<byte>(frames);
        var reader = default(FrameReader);
        var types = new List<string>();
        var scratch = new byte[FrameFormat.HeaderLength];
        while (reader.TryRead(ref buffer, scratch, int.MaxValue, FrameResync.Strict, out var frame) == FrameReadStatus.Complete) types.Add(frame.TypeText);
        return types;
    }

    private static List<string> Failures(EngineHarness gateway) => Labels(gateway, "heartbeatgateway.token_failures");

    private static List<string> Closed(EngineHarness gateway) => Labels(gateway, "heartbeatgateway.connections.closed");

    private static List<string> Labels(EngineHarness gateway, string name) =>
        [.. gateway.Metrics.Series().Where(s => s.Key.StartsWith(name + "|", StringComparison.Ordinal) && s.Value > 0).Select(s => s.Key[(s.Key.IndexOf('=', StringComparison.Ordinal) + 1)..])];

    private sealed class Recorder : IMessageSink
    {
        public int Accepted { get; set; }

        public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
        {
            Accepted++;
            return default;
        }
    }
}
