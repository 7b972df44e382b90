using System.Text;
using System.Text.Json;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Fuzz;

/// <summary>The seed frames: those of tests/vectors/frames.json, and one of each type that the gateway handles.</summary>
internal static class SeedFrames
{
    /// <summary>The Unix time at which every frame is created and read; the same as in the vectors.</summary>
    public const long Now = 1_795_341_600;

    private static readonly TokenSigner Signer = TestSecrets.ClientKeyring().Keys[0].Bare;

    public static byte[] Ping => Signer.Ping(Now).ToArray();

    public static IEnumerable<(string Name, byte[] Frame)> All
    {
        get
        {
            yield return ("hello", Of("hello", """{"clientId":"pump-17","instance":"a","attempt":3,"nonce":"0123456789abcdef","heartbeatSeconds":5,"resume":"s","features":["close"]}"""));
            yield return ("welcome", Of("welcome", """{"sessionId":"s","generation":1795341600123,"reconnected":true,"resumed":false,"heartbeatSeconds":5,"timeoutSeconds":7.5,"serverTime":"2026-11-22T10:00:00Z","features":["close"]}"""));
            yield return ("close", Of("close", """{"reason":"draining","retry":true,"afterMs":1830,"serverTime":"2026-11-22T10:00:00Z","inReplyTo":"token","detail":"why"}"""));
            yield return ("message", Of("message", "哈哈哈哈!"));
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

    public static byte[] Of(string type, string content) => Signer.Encode(Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(content), Now).ToArray();
}
