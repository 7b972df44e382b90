using System.Text;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
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
        Here,

        /// <summary>On another connection, in the last second of the window.</summary>
        Elsewhere,

        /// <summary>On another connection, a second after the window.</summary>
        TooLate,

        /// <summary>A frame that the gateway sent, sent back to it.</summary>
        Back,
    }

    /// <summary>The answer of the gateway, or what it does with the frame. Then, where there is one, the token failure and the close reason.</summary>
    public static TheoryData<string, string, Replay, string> Table => new()
    {
        { "hmac-sha256", "ping", Replay.Here, "ping" },
        { "hmac-sha256", "ping", Replay.Elsewhere, "ping" },
        { "hmac-sha256", "ping", Replay.TooLate, "close expired token_expired" },
        { "hmac-sha256", "ping", Replay.Back, "mismatch token_invalid" },
        { "hmac-sha256", "hello", Replay.Here, "replayed token_invalid" },
        { "hmac-sha256", "hello", Replay.Elsewhere, "replayed token_invalid" },
        { "hmac-sha256", "hello", Replay.TooLate, "close expired token_expired" },
        { "hmac-sha256", "hello", Replay.Back, "mismatch token_invalid" },
        { "hmac-sha256", "message", Replay.Here, "taken" },
        { "hmac-sha256", "message", Replay.Elsewhere, "taken" },
        { "hmac-sha256", "message", Replay.TooLate, "close expired token_expired" },
        { "hmac-sha256", "message", Replay.Back, "mismatch token_invalid" },

        // Symmetric: a frame that the gateway sent verifies like a frame of a client.
        { "digest", "ping", Replay.Here, "ping" },
        { "digest", "ping", Replay.Elsewhere, "ping" },
        { "digest", "ping", Replay.TooLate, "close expired token_expired" },
        { "digest", "ping", Replay.Back, "ping" },
        { "digest", "hello", Replay.Here, "replayed token_invalid" },
        { "digest", "hello", Replay.Elsewhere, "replayed token_invalid" },
        { "digest", "hello", Replay.TooLate, "close expired token_expired" },
        { "digest", "hello", Replay.Back, "taken" },
        { "digest", "message", Replay.Here, "taken" },
        { "digest", "message", Replay.Elsewhere, "taken" },
        { "digest", "message", Replay.TooLate, "close expired token_expired" },
        { "digest", "message", Replay.Back, "taken" },

        // No check and no window: only a second hello on one connection is a violation.
        { "none", "ping", Replay.Here, "ping" },
        { "none", "ping", Replay.Elsewhere, "ping" },
        { "none", "ping", Replay.TooLate, "ping" },
        { "none", "ping", Replay.Back, "ping" },
        { "none", "hello", Replay.Here, "close bad_hello" },
        { "none", "hello", Replay.Elsewhere, "welcome" },
        { "none", "hello", Replay.TooLate, "welcome" },
        { "none", "hello", Replay.Back, "taken" },
        { "none", "message", Replay.Here, "taken" },
        { "none", "message", Replay.Elsewhere, "taken" },
        { "none", "message", Replay.TooLate, "taken" },
        { "none", "message", Replay.Back, "taken" },
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

        var target = replay == Replay.Here ? client : gateway.Connect(keyring: keyring);
        if (replay == Replay.Elsewhere) gateway.Time.Advance(TimeSpan.FromMinutes(5));
        if (replay == Replay.TooLate) gateway.Time.Advance(JustOutside);
        var failures = Failures(gateway);
        var closed = Closed(gateway);
        sink.Taken = 0;
        await target.SendAsync(replay == Replay.Back ? answer : sent);
        // A takeover does not wait for the old connection. A client that gets a close frame reads it to the end. When the handler has ended,
        // every connection that must end has ended.
        target.CloseOutput();
        await target.Handler.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);

        IEnumerable<string> seen =
        [
            .. TypesOf(target.TakeBytes()),
            .. Enumerable.Repeat("taken", sink.Taken),
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
        public int Taken { get; set; }

        public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
        {
            Taken++;
            return default;
        }
    }
}
