using System.Text;
using System.Text.Json;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Fuzz;

/// <summary>The seed frames: those of tests/vectors/frames.json, and one of each type that the gateway handles.</summary>
internal static class SeedFrames
{
    /// <summary>The Unix time at which every frame is created and read; the same as in the vectors.</summary>
    public const long Now = 1_795_341_600;

    /// <summary>The generation of the numbered seeds: that of the first connection at <see cref="Now"/>.</summary>
    private const long Generation = Now * 1000;

    public static TokenSigner Signer { get; } = TestSecrets.ClientKeyring().Keys[0].Bare;

    public static byte[] Ping => Signer.Ping(Now).ToArray();

    public static IEnumerable<(string Name, byte[] Frame)> All
    {
        get
        {
            yield return ("hello", Of("hello", """{"clientId":"pump-17","instance":"a","attempt":3,"nonce":"0123456789abcdef","heartbeatSeconds":5,"resume":"s","features":["close"]}"""));
            yield return ("welcome", Of("welcome", """{"sessionId":"s","generation":1795341600123,"reconnected":true,"resumed":false,"heartbeatSeconds":5,"timeoutSeconds":7.5,"serverTime":"2026-11-22T10:00:00Z","features":["close"]}"""));
            yield return ("close", Of("close", """{"reason":"draining","retry":true,"afterMs":1830,"serverTime":"2026-11-22T10:00:00Z","inReplyTo":"token","detail":"why"}"""));
            yield return ("message", Of("message", "哈哈哈哈!"));
            yield return ("hello-ack", HelloWithAck);
            yield return ("welcome-ack", Of("welcome", """{"sessionId":"s","generation":1795341600123,"heartbeatSeconds":5,"timeoutSeconds":7.5,"serverTime":"2026-11-22T10:00:00Z","accepted":7,"pushes":"p","features":["close","ack"]}"""));
            yield return ("ack", Numbered("ack", "", 0));
            yield return ("numbered", Numbered("message", "x", FrameNumber.Max));
            using var vectors = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "vectors", "frames.json")));
            var number = 0;
            foreach (var vector in vectors.RootElement.GetProperty("vectors").EnumerateArray())
            {
                var frame = Convert.FromHexString(vector.GetProperty("frame").GetString()!);
                // Large frames cost time in each run and cover no more code than small ones.
                if (frame.Length <= 1024) yield return ($"vector-{++number}", frame);
            }
        }
    }

    public static byte[] HelloWithAck => Of("hello", """{"clientId":"c","instance":"i","nonce":"0123456789abcdef","sent":2,"features":["close","ack"]}""");

    public static byte[] Numbered(string type, string content, long number) =>
        Signer.EncodeNumbered(Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(content), Now, new FrameNumber(number, Generation)).ToArray();

    public static byte[] Of(string type, string content) => Signer.Encode(Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(content), Now).ToArray();
}
