using System.Buffers;
using System.Text;

namespace HeartbeatGateway.Protocol.Tests.Support;

/// <summary>JSON texts as frame contents.</summary>
internal static class Json
{
    /// <summary>Hostile texts for a JSON reader. Each is invalid, but valid enough to reach the later stages of the reader.</summary>
    public static IEnumerable<byte[]> Hostile()
    {
        var texts = new List<string>
        {
            "", " ", "{", "}", "{}", "[]", "null", "true", "0", "\"\"", "\"clientId\"", "NaN", "Infinity", "{]", "[}",
            """{"clientId"}""", """{"clientId":}""", """{"clientId":"a",}""", """{"clientId":"a"}}""", """{"clientId":"a"} x""", """{'clientId':'a'}""",
            """{"clientId":"a","attempt":NaN}""", """{"clientId":"a","attempt":-Infinity}""", """{"clientId":"a","attempt":+1}""", """{"clientId":"a","attempt":01}""",
            """{/**/"clientId":"a"}""", "{\"clientId\":\"a\0\"}", "{\"clientId\":\"a\n\"}", """{"clientId":"\x41"}""", """{"clientId":"\u00"}""", """{"clientId":"\uD8""",
            """{"\ud800":1}""", """{"clientId":"a","\udc00\ud800":1}""", """{"reason":"\ud800"}""", """{"x":{"\ud800":"\udfff"}}""",
            new string('[', 65_536), string.Concat(Enumerable.Repeat("{\"a\":", 13_000)), "{\"clientId\":" + new string('9', 65_000) + "}",
            "{\"clientId\":\"" + new string('a', 65_000) + "\"}", "{" + string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"\"f{i}\":{i}")) + "}",
            "{\"features\":[" + string.Join(',', Enumerable.Repeat("\"close\"", 8_000)) + "]}",
        };
        string[] names = ["clientId", "nonce", "instance", "attempt", "heartbeatSeconds", "resume", "sent", "features", "sessionId", "generation", "timeoutSeconds", "serverTime", "accepted", "pushes", "reason", "retry", "afterMs", "inReplyTo", "detail"];
        string[] values =
        [
            "null", "true", "{}", "[]", "[null]", "[[[[[[[[[[1]]]]]]]]]]", "-1", "-0", "0.5", "1e999", "-1e999", "1e-999", "9223372036854775808", "1e400000000",
            "\"\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"2026-11-22T10:00:00\\ud800\"", "\"\\ud8002026-11-22T10:00:00Z\"", "\"2026-13-45T99:99:99Z\"",
            "\"0000-00-00T00:00:00Z\"", "\"9999-12-31T23:59:59-14:00\"", "\"0001-01-01T00:00:00+14:00\"", "[\"\\ud800\"]",
        ];
        // Each field in turn gets each invalid value, while all other fields are valid.
        foreach (var name in names)
        {
            foreach (var value in values) texts.Add("{" + string.Join(',', names.Select(n => $"\"{n}\":{(n == name ? value : Good(n))}")) + "}");
        }

        foreach (var text in texts) yield return Encoding.UTF8.GetBytes(text);
        yield return [0xEF, 0xBB, 0xBF, .. "{}"u8];
        yield return [.. "{\"clientId\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        yield return [.. "{\"clientId\":\"a\",\""u8, 0xFF, .. "\":1}"u8];
        yield return [.. "{\"serverTime\":\"2026-11-22T10:00:0"u8, 0xC3, .. "\",\"reason\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8];
    }

    public static ReadOnlySequence<byte> Whole(string text) => new(Encoding.UTF8.GetBytes(text));

    private static string Good(string name) => name switch
    {
        "attempt" or "generation" or "afterMs" or "sent" or "accepted" => "1",
        "heartbeatSeconds" or "timeoutSeconds" => "5",
        "features" => "[\"close\"]",
        "retry" => "true",
        "serverTime" => "\"2026-11-22T10:00:00Z\"",
        "nonce" => "\"0123456789abcdef\"",
        _ => "\"a\"",
    };
}
