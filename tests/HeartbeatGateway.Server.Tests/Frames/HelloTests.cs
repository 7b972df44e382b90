using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Frames;

public sealed class HelloTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_hello_is_welcomed_as_the_first_frame_or_after_pings(int pings)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        for (var i = 0; i < pings; i++) await client.PingAsync();
        client.TakeFrames();
        await client.HelloAsync(EngineHarness.Hello());
        var welcome = await client.ReadWelcomeAsync();
        Assert.Equal((false, false), (welcome.Reconnected, welcome.Resumed));
        Assert.InRange(welcome.SessionId.Length, 16, 128);
        Assert.Equal(gateway.Time.GetUtcNow().ToUnixTimeMilliseconds(), welcome.Generation);
        Assert.Equal(gateway.Time.GetUtcNow(), welcome.ServerTime);
        Assert.Equal(["close"], welcome.Features);

        var found = gateway.Engine.FindClient("pump-17");
        Assert.Equal(("pump-17", welcome.SessionId, welcome.Generation), (found!.ClientId, found.SessionId, found.Generation));
        Assert.Equal(client.Context.RemoteEndPoint, found.RemoteEndPoint);
        Assert.Null(gateway.Engine.FindClient("Pump-17"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connected_clients"));
    }

    [Fact]
    public async Task The_welcome_has_the_features_that_client_and_gateway_support()
    {
        using var gateway = new EngineHarness();
        var (_, both) = await gateway.IdentifiedAsync(EngineHarness.Hello("a") with { Features = ["acks", "close", "CLOSE"] });
        Assert.Equal(["close"], both.Features);
        var (_, none) = await gateway.IdentifiedAsync(EngineHarness.Hello("b") with { Features = ["acks"] });
        Assert.Empty(none.Features);
        var (_, twice) = await gateway.IdentifiedAsync(EngineHarness.Hello("c") with { Features = ["close", "close"] });
        Assert.Equal(["close"], twice.Features);
    }

    [Theory]
    [InlineData("hello, world")]
    [InlineData("{}")]
    [InlineData("""["clientId"]""")]
    [InlineData("""{"greeting":"hello"}""")]
    [InlineData("")]
    public async Task A_hello_frame_without_a_client_id_is_a_message_and_a_hello_can_follow(string content)
    {
        var sink = new ListSink();
        using var gateway = new EngineHarness(sink: sink);
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("hello", content));
        Assert.Empty(client.TakeFrames());
        await client.HelloAsync(EngineHarness.Hello());
        await client.ReadWelcomeAsync();
        await client.SendAsync(client.Frame("hello", content));
        Assert.Equal([null, "pump-17"], sink.Messages.Select(m => m.ClientId));
        Assert.All(sink.Messages, m => Assert.Equal("hello", m.Type));
        Assert.False(client.Handler.IsCompleted);
    }

    [Fact]
    public async Task A_second_hello_ends_as_bad_hello()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        await client.HelloAsync(EngineHarness.Hello(attempt: 2));
        var close = await client.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.BadHello, true), (close.Reason, close.Retry));
        Assert.NotNull(close.Detail);
        Assert.Null(gateway.Engine.FindClient("pump-17"));
        Assert.Equal(1, gateway.Closed("bad_hello"));
        Assert.Equal([(PresenceChange.Connected, CloseReason.None), (PresenceChange.Disconnected, CloseReason.BadHello)], (await gateway.EventsAsync()).Select(e => (e.Change, e.Reason)));
        Assert.Equal(0, gateway.Reconnects());
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_second_hello_with_another_client_id_ends_as_bad_hello_and_does_not_affect_that_client()
    {
        using var gateway = new EngineHarness();
        var (other, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello("other"));
        var (client, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("pump-17", acceptsClose: false));
        await client.HelloAsync(EngineHarness.Hello("other", attempt: 9));
        await client.ClosedWithoutFrameAsync();
        Assert.Equal(welcome.Generation, gateway.Engine.FindClient("other")?.Generation);
        Assert.Empty(other.TakeFrames());
        Assert.Equal(1, gateway.Closed("bad_hello"));
    }

    [Theory]
    [InlineData("""{"clientId":"evil name","nonce":"0123456789abcdef","features":["close"]}""", "clientId")]
    [InlineData("""{"clientId":"pump-17","instance":"evil","features":["close"]}""", "nonce is missing; ")]
    [InlineData("""{"clientId":"pump-17","nonce":"evil","features":["close"]}""", "nonce")]
    [InlineData("""{"clientId":"pump-17","nonce":"0123456789abcdef","attempt":"evil","features":["close"]}""", "attempt")]
    [InlineData("""{"clientId":"pump-17","nonce":"0123456789abcdef","evil":1,"evil":2,"features":["close"]}""", "")]
    public async Task The_close_frame_of_a_malformed_hello_gives_the_error_and_the_log_does_not_contain_its_text(string content, string detail)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("hello", content));
        var close = await client.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.BadHello, true, null), (close.Reason, close.Retry, close.InReplyTo));
        Assert.StartsWith(detail, close.Detail, StringComparison.Ordinal);
        Assert.Equal(1, gateway.Closed("bad_hello"));
        Assert.Null(gateway.Engine.FindClient("pump-17"));
        Assert.Empty(await gateway.EventsAsync());
        Assert.Contains(gateway.Logs.GetSnapshot(), l => l.Message.Contains(close.Detail!, StringComparison.Ordinal));
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Message.Contains("evil", StringComparison.Ordinal));
        gateway.AssertBalanced();
    }

    [Theory]
    [InlineData("""{"clientId":"pump-17"}""")]
    [InlineData("""{"clientId":"pump-17","features":["Close"]}""")]
    public async Task A_malformed_hello_without_the_close_feature_gets_no_close_frame(string content)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("hello", content));
        await client.ClosedWithoutFrameAsync();
        Assert.Equal(1, gateway.Closed("bad_hello"));
        Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "HelloRefused");
    }

    [Theory]
    [InlineData("{\"clientId\":\"pump-17\",\"nonce\":\"0123456789abcdef\",\"new\":\"", 'x', "\"}", "welcome")]
    [InlineData("{\"clientId\":\"pump-17\",\"nonce\":\"", 'x', "\",\"features\":[\"close\"]}", "close")]
    [InlineData("{\"clientId\":\"pump-17\",\"nonce\":", '[', "", null)]
    [InlineData("", '{', "", null)]
    public async Task A_hello_with_the_largest_content_is_read_like_any_other(string start, char filling, string end, string? answer)
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        await client.SendAsync(client.Frame("hello", start + new string(filling, HelloPayload.MaxBytes - start.Length - end.Length) + end));
        Assert.Equal(answer is null ? [] : [answer], client.TakeFrames().Select(f => f.Type));
        Assert.Equal(answer is null ? 1 : 0, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));
        await client.DisconnectAsync();
        Assert.Equal(0, gateway.Closed("internal_error"));
    }

    [Fact]
    public async Task Log_lines_and_messages_contain_the_client_id()
    {
        var sink = new ListSink();
        using var gateway = new EngineHarness(sink: sink);
        var (old, _) = await gateway.IdentifiedAsync();
        var (client, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        await old.ClosedWithFrameAsync();
        await client.SendAsync(client.Frame("message", "x"));
        await client.DisconnectAsync();
        await (await gateway.IdentifiedAsync()).Client.DisconnectAsync();
        Assert.Equal("pump-17", Assert.Single(sink.Messages).ClientId);
        string[] named = ["ClientConnected", "ClientReconnected", "ClientReplaced", "ConnectionClosed"];
        foreach (var name in named)
        {
            var lines = gateway.Logs.GetSnapshot().Where(l => l.Id.Name == name).ToList();
            Assert.NotEmpty(lines);
            Assert.All(lines, l => Assert.Equal("pump-17", l.GetStructuredStateValue("ClientId")));
        }
    }

    private sealed class ListSink : IMessageSink
    {
        public List<GatewayMessage> Messages { get; } = [];

        public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
        {
            Messages.Add(message);
            return default;
        }
    }
}
