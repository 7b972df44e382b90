using System.Text;

namespace HeartbeatGateway.Faults.Tests.Hostile;

/// <summary>Invalid contents of hello frames: wrong JSON values, and bytes that are not JSON.</summary>
internal static class HostileHellos
{
    private const string Rest = "\"nonce\":\"0123456789abcdef\"";

    private static readonly string[] Texts =
    [
        "", "{", "[]", "null", "true", "1e999", "\"hello\"", "{}", "{\"clientId\":null}", "{\"clientId\":17}", "{\"clientId\":[]}", "{\"clientId\":\"\"}",
        $"{{\"clientId\":\"with space\",{Rest}}}", $"{{\"clientId\":\"{new string('x', 129)}\",{Rest}}}", $"{{\"clientId\":\"\\u0000\",{Rest}}}", $"{{\"clientId\":\"\\ud800\",{Rest}}}",
        "{\"clientId\":\"c\"}", "{\"clientId\":\"c\",\"nonce\":\"short\"}", "{\"clientId\":\"c\",\"nonce\":17}", $"{{\"clientId\":\"c\",\"clientId\":\"d\",{Rest}}}",
        $"{{\"clientId\":\"c\",{Rest},{Rest}}}", $"{{\"clientId\":\"c\",{Rest},\"attempt\":-1}}", $"{{\"clientId\":\"c\",{Rest},\"attempt\":1.5}}", $"{{\"clientId\":\"c\",{Rest},\"attempt\":{new string('9', 400)}}}",
        $"{{\"clientId\":\"c\",{Rest},\"heartbeatSeconds\":1e308}}", $"{{\"clientId\":\"c\",{Rest},\"heartbeatSeconds\":-0.0}}", $"{{\"clientId\":\"c\",{Rest},\"heartbeatSeconds\":\"NaN\"}}",
        $"{{\"clientId\":\"c\",{Rest},\"features\":\"close\"}}", $"{{\"clientId\":\"c\",{Rest},\"features\":[1,null,{{}}]}}", $"{{\"clientId\":\"c\",{Rest},\"resume\":{{}}}}", $"{{\"clientId\":\"c\",{Rest},\"instance\":[]}}",
        $"{{\"clientId\":\"c\",{Rest},}}", $"{{\"clientId\":\"c\",{Rest}}} trailing", $"{{/* a comment */\"clientId\":\"c\",{Rest}}}", $"\uFEFF{{\"clientId\":\"c\",{Rest}}}",
    ];

    public static byte[] Next(Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                var depth = random.Next(1, 2000);
                return Encoding.ASCII.GetBytes(new string('[', depth) + (random.Next(2) == 0 ? new string(']', depth) : ""));
            case 1:
                return Encoding.ASCII.GetBytes($"{{\"clientId\":\"c\",{Rest},\"more\":{string.Concat(Enumerable.Repeat("{\"a\":", 500))}1{new string('}', 500)}}}");
            case 2:
                // Invalid UTF-8: a name that ends inside a character, a byte that starts no character, an overlong NUL.
                return [.. "{\"clientId\":\"c"u8, .. random.Next(3) switch { 0 => new byte[] { 0xE5, 0x93 }, 1 => [0xFF], _ => [0xC0, 0x80] }, .. "\",\"nonce\":\"0123456789abcdef\"}"u8];
            case 3:
                var good = Encoding.ASCII.GetBytes($"{{\"clientId\":\"client-{random.Next(100)}\",{Rest}}}");
                good[random.Next(good.Length)] = (byte)random.Next(256);
                return good;
            default:
                return Encoding.UTF8.GetBytes(Texts[random.Next(Texts.Length)]);
        }
    }
}
