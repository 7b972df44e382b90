using System.Text;
using System.Text.Json;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Frames;

/// <summary>A frame that resembles a hello is an application message, and the operator sees why; in Development the client does too.</summary>
public sealed class HelloHintTests
{
    private const string Rest = "\"nonce\":\"0123456789abcdef\"";

    public static TheoryData<string, string, string> Flaws => new()
    {
        { "hello", "{\"clientId\":\"pump-17\"," + Rest + ",}", "trailing_comma" },
        { "hello", "{\"clientId\":\"pump-17\",\"features\":[\"close\",]," + Rest + "}", "trailing_comma" },
        { "hello", "\uFEFF{\"clientId\":\"pump-17\"," + Rest + "}", "byte_order_mark" },
        { "hello", "{\"clientid\":\"pump-17\"," + Rest + "}", "wrong_key" },
        { "hello", "{\"ClientId\":\"pump-17\"," + Rest + "}", "wrong_key" },
        { "hello", "{\"clientID\":\"pump-17\"," + Rest + "}", "wrong_key" },
        { "hello", "{\"client_id\":\"pump-17\"," + Rest + "}", "wrong_key" },
        { "hello", "{\"client-id\":\"pump-17\"," + Rest + "}", "wrong_key" },
        { "hello", "{\"clientId\":\"pump-17\"," + Rest + "}\0", "trailing_bytes" },
        { "hello", "{\"clientId\":\"pump-17\"," + Rest + "}{}", "trailing_bytes" },
        { "hello", "{\"clientId\":\"pump-17\"," + Rest, "incomplete" },
        { "hello", "{\"clientId\":\"pump", "incomplete" },
        { "hello", "{/* me */\"clientId\":\"pump-17\"," + Rest + "}", "comment" },
        { "hello", "{'clientId':'pump-17'}", "invalid_json" },
        { "hello", "{clientId:\"pump-17\"}", "invalid_json" },
        { "hello", "clientId=pump-17", "invalid_json" },
        { "hello", "[{\"clientId\":\"pump-17\"," + Rest + "}]", "not_object" },
        { "hello", "\"{\\\"clientId\\\":\\\"pump-17\\\"}\"", "not_object" },
        { "hello", "{\"hello\":{\"clientId\":\"pump-17\"," + Rest + "}}", "nested" },
        { "hello", "{" + Rest + ",\"id\":\"pump-17\"}", "missing_client_id" },
        { "hello", "{\"clientId\":\"pump-17\",\"x\":[[[[[[[[[1]]]]]]]]]," + Rest + "}", "too_deep" },
        { "Hello", "{\"clientId\":\"pump-17\"," + Rest + "}", "wrong_type" },
        { "HELLO", "{\"clientId\":\"pump-17\"," + Rest + ",}", "trailing_comma" },
    };

    [Theory]
    [MemberData(nameof(Flaws))]
    public async Task Content_that_resembles_a_hello_is_a_message_and_is_counted_and_logged_with_the_cause(string type, string content, string cause)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(client.Frame(type, content));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.hello_malformed", ("cause", cause)));
        Assert.Equal(1, gateway.Metrics.Sum("heartbeatgateway.hello_malformed"));
        var line = Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "HelloMalformed");
        Assert.Equal((cause, type), (line.GetStructuredStateValue("Cause"), line.GetStructuredStateValue("FrameType")));
        // Outside Development the client gets no frame, and a correct hello can follow.
        Assert.Empty(client.TakeFrames());
        await client.HelloAsync(EngineHarness.Hello());
        await client.ReadWelcomeAsync();
    }

    [Theory]
    [InlineData("{\"clientid\":\"pump-17\"}")]
    [InlineData("{\"clientId\":\"pump-17\",}")]
    [InlineData("\uFEFF{\"clientId\":\"pump-17\"}")]
    public async Task The_line_names_the_client_id_that_is_claimed(string content)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("hello", content));
        var line = Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "HelloMalformed");
        Assert.Equal("pump-17", line.GetStructuredStateValue("ClaimedClientId"));
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public async Task A_hello_in_another_encoding_is_recognised(string encoding)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var content = Encoding.GetEncoding(encoding).GetBytes("{\"clientId\":\"pump-17\"}");
        await client.SendAsync(client.Signer.Encode(FrameKinds.Hello, content, client.UnixSeconds));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.hello_malformed", ("cause", "wrong_encoding")));
    }

    [Theory]
    [InlineData("hello", "hello, world")]
    [InlineData("hello", "")]
    [InlineData("hello", "{}")]
    [InlineData("hello", "[\"clientId\"]")]
    [InlineData("hello", "{\"greeting\":\"hello\"}")]
    [InlineData("Hello", "hello, world")]
    [InlineData("message", "{\"clientId\":\"pump-17\",}")]
    [InlineData("hellos", "{\"clientId\":\"pump-17\"}")]
    public async Task Other_messages_are_not_reported(string type, string content)
    {
        using var gateway = new EngineHarness(o => o.Frames.HelloNotices = true);
        var client = gateway.Connect();
        await client.SendAsync(client.Frame(type, content));
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.hello_malformed"));
        Assert.Empty(client.TakeFrames());
    }

    [Fact]
    public async Task With_notices_on_the_client_is_told_the_cause()
    {
        using var gateway = new EngineHarness(o => o.Frames.HelloNotices = true);
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("hello", "{\"clientId\":\"pump-17\",}"));
        var (type, content) = await client.ReadFrameAsync();
        using var notice = JsonDocument.Parse(content);
        Assert.Equal(("notice", "hello", "trailing_comma"), (type, notice.RootElement.GetProperty("about").GetString(), notice.RootElement.GetProperty("cause").GetString()));
        Assert.NotEqual("", notice.RootElement.GetProperty("detail").GetString());
        await client.HelloAsync(EngineHarness.Hello());
        await client.ReadWelcomeAsync();
    }

    [Fact]
    public async Task A_flood_of_such_frames_is_counted_and_writes_a_bounded_number_of_lines()
    {
        using var gateway = new EngineHarness(o => o.Logging.AddressBurst = 10);
        var client = gateway.Connect();
        for (var i = 0; i < 50; i++) await client.SendAsync(client.Frame("hello", "{\"clientId\":\"pump-17\",}"));
        // Hellos use up the read budget, so that the last ones are handled on another thread. The answer to a ping comes after all of them.
        await client.PingAsync();
        await client.ReadFrameAsync();
        Assert.Equal(50, gateway.Metrics.Read("heartbeatgateway.hello_malformed", ("cause", "trailing_comma")));
        Assert.Equal(10, gateway.Logs.GetSnapshot().Count(l => l.Id.Name == "HelloMalformed"));
    }
}
