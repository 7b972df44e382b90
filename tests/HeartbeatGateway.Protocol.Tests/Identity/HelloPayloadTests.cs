using System.Text;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Identity;

/// <summary>Tests each rule of a hello at its boundary.</summary>
public class HelloPayloadTests
{
    private const string Nonce = "0123456789abcdef";

    [Fact]
    public void Reads_every_field()
    {
        var reading = Read("""{"clientId":"pump-17","instance":"i","attempt":3,"nonce":"0123456789abcdef","heartbeatSeconds":2.5,"resume":"s","client":"lib/1.0","features":["close","later"]}""");
        Assert.Equal((HelloOutcome.Valid, null, true), (reading.Outcome, reading.Fault, reading.AcceptsClose));
        var hello = reading.Hello!;
        Assert.Equal(("pump-17", "i", 3L, Nonce, TimeSpan.FromSeconds(2.5), "s"), (hello.ClientId, hello.Instance, hello.Attempt, hello.Nonce, hello.Heartbeat, hello.Resume));
        Assert.Equal("lib/1.0", hello.Library);
        Assert.Equal(["close", "later"], hello.Features);
    }

    [Fact]
    public void Only_clientId_and_nonce_are_required()
    {
        var reading = Read("""{"clientId":"pump-17","nonce":"0123456789abcdef"}""");
        Assert.Equal((HelloOutcome.Valid, false), (reading.Outcome, reading.AcceptsClose));
        var hello = reading.Hello!;
        Assert.Equal((null, null, null, null), (hello.Instance, hello.Attempt, hello.Heartbeat, hello.Resume));
        Assert.Null(hello.Library);
        Assert.Empty(hello.Features);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("\"clientId\"")]
    [InlineData("[\"clientId\"]")]
    [InlineData("""{"ClientId":"pump-17","nonce":"0123456789abcdef"}""")]
    [InlineData("""{"client":{"clientId":"pump-17"}}""")]
    [InlineData("""{"nonce":"0123456789abcdef","features":["close"]}""")]
    [InlineData("""{"clientId":"pump-17","nonce":"0123456789abcdef"} {}""")]
    [InlineData("""{"clientId":"pump-17","nonce":"0123456789abcdef"}x""")]
    [InlineData("""{"clientId":"pump-17","nonce":"0123456789abcdef",}""")]
    [InlineData("""{"clientId":"pump-17","nonce":"0123456789abcdef" """)]
    [InlineData("\uFEFF{\"clientId\":\"pump-17\",\"nonce\":\"0123456789abcdef\"}")]
    public void Content_without_a_clientId_is_an_application_message(string content) =>
        Assert.Equal(default, Read(content));

    [Theory]
    [InlineData("\"\"", false)]
    [InlineData("\"a\"", true)]
    [InlineData("\"AZaz09._:-\"", true)]
    [InlineData("\"\\u0061\"", true)]
    [InlineData("\"a b\"", false)]
    [InlineData("\"a/b\"", false)]
    [InlineData("\"ä\"", false)]
    [InlineData("\"a\\u0000\"", false)]
    [InlineData("\"\\ud800\"", false)]
    [InlineData("null", false)]
    [InlineData("7", false)]
    [InlineData("{}", false)]
    public void The_clientId_must_be_a_valid_client_id(string value, bool isValid) =>
        Check($$"""{"clientId":{{value}},"nonce":"{{Nonce}}"}""", isValid, "clientId");

    [Theory]
    [InlineData(0, false)]
    [InlineData(15, false)]
    [InlineData(16, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void The_nonce_has_16_to_128_characters(int length, bool isValid) => Check($$"""{"clientId":"a","nonce":"{{new string('n', length)}}"}""", isValid, "nonce");

    [Theory]
    [InlineData("")]
    [InlineData(",\"nonce\":null")]
    [InlineData(",\"nonce\":1234567890123456")]
    [InlineData(",\"nonce\":[\"0123456789abcdef\"]")]
    [InlineData(",\"nonce\":\"0123456789abcde\\ud800\"")]
    public void The_nonce_is_required_and_must_be_a_text(string nonce) => Check("{\"clientId\":\"a\"" + nonce + "}", false, "nonce");

    [Theory]
    [InlineData("\"hbg/0.1.0\"", true)]
    [InlineData("\"a/b\"", true)]
    [InlineData("\"My library (beta)/1.0/rc ~!\"", true)]
    [InlineData("null", true)]
    [InlineData("\"\"", false)]
    [InlineData("\"/\"", false)]
    [InlineData("\"hbg\"", false)]
    [InlineData("\"hbg/\"", false)]
    [InlineData("\"/0.1.0\"", false)]
    [InlineData("\"hbg/0.1\\n\"", false)]
    [InlineData("\"hbg/0.1\\u007f\"", false)]
    [InlineData("\"hbg/\u00e4\"", false)]
    [InlineData("\"hbg/\\ud800\"", false)]
    [InlineData("7", false)]
    [InlineData("{\"name\":\"hbg\"}", false)]
    public void The_client_is_a_name_and_a_version(string value, bool isValid) => Check(With("client", value), isValid, "client must be name/version");

    [Fact]
    public void The_client_has_at_most_64_characters()
    {
        Check(With("client", "\"a/" + new string('1', 62) + "\""), true);
        Check(With("client", "\"a/" + new string('1', 63) + "\""), false, "client must be name/version");
    }

    [Theory]
    [InlineData("instance")]
    [InlineData("resume")]
    public void Optional_texts_have_1_to_128_characters(string name)
    {
        Check(With(name, "\"" + new string('x', 1) + "\""), true);
        Check(With(name, "\"" + new string('x', 128) + "\""), true);
        Check(With(name, "\"Zürich, ☃, \\\" and \\n\""), true);
        foreach (var wrong in (string[])["\"\"", "\"" + new string('x', 129) + "\"", "1", "true", "[]", "{}", "\"\\udfff\""]) Check(With(name, wrong), false, name);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1", true)]
    [InlineData("9223372036854775807", true)]
    [InlineData("9223372036854775808", false)]
    [InlineData("-1", false)]
    [InlineData("1.5", false)]
    [InlineData("1e999", false)]
    [InlineData("\"1\"", false)]
    [InlineData("[1]", false)]
    [InlineData("true", false)]
    public void The_attempt_is_a_whole_number_of_0_or_more(string value, bool isValid) => Check(With("attempt", value), isValid, "attempt");

    [Theory]
    [InlineData("0", true)]
    [InlineData("1", true)]
    [InlineData("999999999999", true)]
    [InlineData("1000000000000", false)]
    [InlineData("9223372036854775808", false)]
    [InlineData("-1", false)]
    [InlineData("1.5", false)]
    [InlineData("1e999", false)]
    [InlineData("\"1\"", false)]
    [InlineData("[1]", false)]
    [InlineData("true", false)]
    [InlineData("null", true)]
    public void The_highest_number_sent_is_a_whole_number_of_12_digits(string value, bool isValid) => Check(With("sent", value), isValid, "sent must be");

    [Fact]
    public void Reads_the_highest_number_sent_and_writes_it_before_the_features()
    {
        Assert.Null(Read(With("sent", "null")).Hello!.Sent);
        var hello = Read(With("sent", "999999999999")).Hello!;
        Assert.Equal(999_999_999_999, hello.Sent);
        Assert.Equal(
            $$"""{"clientId":"a","nonce":"{{Nonce}}","sent":999999999999,"features":["close","ack"]}""",
            Encoding.UTF8.GetString((hello with { Features = ["close", "ack"] }).ToJson()));
    }

    [Theory]
    [InlineData("0", false)]
    [InlineData("-0", false)]
    [InlineData("-5", false)]
    [InlineData("0.001", true)]
    [InlineData("1e-300", true)]
    [InlineData("5", true)]
    [InlineData("5e0", true)]
    [InlineData("86400", true)]
    [InlineData("86400.001", false)]
    [InlineData("86401", false)]
    [InlineData("1e999", false)]
    [InlineData("-1e999", false)]
    [InlineData("\"5\"", false)]
    [InlineData("{}", false)]
    public void The_heartbeat_is_above_0_and_at_most_a_day(string value, bool isValid) => Check(With("heartbeatSeconds", value), isValid, "heartbeatSeconds");

    [Fact]
    public void Accepts_up_to_32_features()
    {
        Check(With("features", "[]"), true);
        Check(With("features", List(32)), true);
        foreach (var wrong in (string[])[List(33), "\"close\"", "{}", "1", "[1]", "[null]", "[\"close\",[]]", "[\"\\ud800\"]"]) Check(With("features", wrong), false, "features");

        static string List(int count) => "[" + string.Join(',', Enumerable.Range(0, count).Select(i => $"\"f{i}\"")) + "]";
    }

    [Theory]
    [InlineData("""{"clientId":"a","nonce":"0123456789abcdef","clientId":"a"}""")]
    [InlineData("""{"clientId":"a","nonce":"0123456789abcdef","nonce":"0123456789abcdef"}""")]
    [InlineData("""{"clientId":"a","nonce":"0123456789abcdef","\u006eonce":"fedcba9876543210"}""")]
    [InlineData("""{"clientId":"a","nonce":"0123456789abcdef","attempt":1,"attempt":2}""")]
    [InlineData("""{"clientId":"a","nonce":"0123456789abcdef","sent":1,"sent":1}""")]
    [InlineData("""{"clientId":"a","nonce":"0123456789abcdef","new":1,"new":1}""")]
    public void Rejects_a_duplicate_field(string content) => Check(content, false);

    [Theory]
    [InlineData("\"new\":{\"a\":[1,2]}")]
    [InlineData("\"NONCE\":1")]
    [InlineData("\"\":null")]
    [InlineData("\"new\":\"\\ud800\"")]
    [InlineData("\"new\":{\"a\":1,\"a\":2}")]
    public void Ignores_unknown_fields(string field) => Check("{\"clientId\":\"a\",\"nonce\":\"" + Nonce + "\"," + field + "}", true);

    [Theory]
    [InlineData("""{"clientId":"a","features":["close"]}""", true)]
    [InlineData("""{"clientId":"a b","nonce":"0123456789abcdef","features":["x","close"]}""", true)]
    [InlineData("""{"clientId":"a","features":["Close"]}""", false)]
    [InlineData("""{"clientId":"a","features":[]}""", false)]
    [InlineData("""{"clientId":"a"}""", false)]
    public void A_malformed_hello_can_request_a_close_frame(string content, bool accepts)
    {
        var reading = Read(content);
        Assert.Equal((HelloOutcome.Malformed, accepts), (reading.Outcome, reading.AcceptsClose));
        Assert.Null(reading.Hello);
    }

    [Fact]
    public void The_fault_never_quotes_text_from_the_peer()
    {
        const string secret = "hunter2-hunter2";
        string[] contents =
        [
            $$"""{"clientId":"{{secret}} "}""", $$"""{"clientId":"a","nonce":"{{secret}}"}""", With("instance", "[\"" + secret + "\"]"), With("resume", "{\"" + secret + "\":1}"),
            With("attempt", $"\"{secret}\""), With("heartbeatSeconds", $"\"{secret}\""), With("features", "{\"" + secret + "\":1}"),
            $$"""{"clientId":"a","nonce":"{{Nonce}}","{{secret}}":1,"{{secret}}":2}""",
        ];
        foreach (var content in contents)
        {
            var reading = Read(content);
            Assert.Equal(HelloOutcome.Malformed, reading.Outcome);
            Assert.NotEmpty(reading.Fault!);
            Assert.DoesNotContain("hunter2", reading.Fault, StringComparison.Ordinal);
        }
    }

    private static HelloReading Read(string content) => HelloPayload.Read(Json.Whole(content));

    private static string With(string name, string value) => $$"""{"clientId":"a","nonce":"{{Nonce}}","{{name}}":{{value}}}""";

    private static void Check(string content, bool isValid, string? named = null)
    {
        var reading = Read(content);
        Assert.Equal(isValid ? HelloOutcome.Valid : HelloOutcome.Malformed, reading.Outcome);
        Assert.Equal(isValid, reading.Hello is not null);
        Assert.Equal(isValid, reading.Fault is null);
        if (!isValid && named is not null) Assert.StartsWith(named, reading.Fault, StringComparison.Ordinal);
        // The result does not depend on how the content is split into segments.
        Assert.Equal((reading.Outcome, reading.Fault), HelloPayload.Read(Segments.OneByOne(Encoding.UTF8.GetBytes(content))) is var r ? (r.Outcome, r.Fault) : default);
    }
}
