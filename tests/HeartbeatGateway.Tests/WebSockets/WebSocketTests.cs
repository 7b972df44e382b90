using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.WebSockets;

/// <summary>Frames in the messages of WebSockets, on real sockets.</summary>
public sealed class WebSocketTests
{
    [Fact]
    public async Task Heartbeats_are_answered_and_both_transports_are_counted()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using var browser = await fixture.ConnectAsync(WebSocketFixture.Origin);
        for (var i = 0; i < 3; i++) await WebSocketFixture.PingAsync(browser);
        using var device = await fixture.Host.ConnectAsync();
        await ServiceHost.PingAsync(device);

        var host = fixture.Host;
        Assert.Equal(2, await host.MetricAsync("heartbeatgateway_connected_clients"));
        Assert.Equal(1, await host.MetricAsync("heartbeatgateway_connected_clients_by_transport{transport=\"tcp\"}"));
        Assert.Equal(1, await host.MetricAsync("heartbeatgateway_connected_clients_by_transport{transport=\"websocket\"}"));
        Assert.Equal(1, await host.MetricAsync("heartbeatgateway_connections_opened_by_transport_total{transport=\"tcp\"}"));
        Assert.Equal(1, await host.MetricAsync("heartbeatgateway_connections_opened_by_transport_total{transport=\"websocket\"}"));
        Assert.Equal(4, await host.MetricAsync("heartbeatgateway_heartbeats_total"));
        // Only the bytes of frames count, and not those of the WebSocket.
        Assert.Equal(4 * 158, await host.MetricAsync("heartbeatgateway_network_io_bytes_total{direction=\"in\"}"));
        Assert.Equal(4 * 158, await host.MetricAsync("heartbeatgateway_network_io_bytes_total{direction=\"out\"}"));

        await browser.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        await host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"peer_closed\"}", 1);
        Assert.Equal(0, await host.MetricAsync("heartbeatgateway_connected_clients_by_transport{transport=\"websocket\"}"));
    }

    [Fact]
    public async Task The_API_says_what_a_client_came_in_by()
    {
        await using var fixture = await WebSocketFixture.StartAsync("--Gateway:Admin:Keys:0:Key=read-key-0123456789");
        using var browser = await fixture.ConnectAsAsync("page-1");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/clients/page-1") { Headers = { Authorization = new("Bearer", "read-key-0123456789") } };
        using var response = await fixture.Host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        using var details = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("websocket", details.RootElement.GetProperty("transport").GetString());
        // As for TCP: the kernel's figures are those of the WebSocket's own connection.
        Assert.Equal(JsonValueKind.Object, details.RootElement.GetProperty("tcp").ValueKind);
    }

    [Fact]
    public async Task A_frame_may_be_cut_at_each_byte()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using var client = await fixture.ConnectAsync();
        var ping = WebSocketFixture.Ping();
        for (var cut = 1; cut < ping.Length; cut++)
        {
            // In two messages, and in two fragments of one.
            await WebSocketFixture.SendAsync(client, ping.AsMemory(0, cut), endOfMessage: cut % 2 == 0);
            await WebSocketFixture.SendAsync(client, ping.AsMemory(cut));
        }

        for (var cut = 1; cut < ping.Length; cut++) Assert.Equal("ping", (await WebSocketFixture.ReadFrameAsync(client)).Type);
        foreach (var one in ping) await WebSocketFixture.SendAsync(client, new[] { one });
        Assert.Equal("ping", (await WebSocketFixture.ReadFrameAsync(client)).Type);
    }

    [Fact]
    public async Task A_message_may_hold_many_frames_and_no_byte()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using var client = await fixture.ConnectAsync();
        for (var i = 0; i < 100; i++) await WebSocketFixture.SendAsync(client, ReadOnlyMemory<byte>.Empty);
        var frames = Enumerable.Repeat(WebSocketFixture.Ping(), 50).SelectMany(frame => frame).ToArray();
        // One message of 50 frames and the first bytes of another frame.
        await WebSocketFixture.SendAsync(client, (byte[])[.. frames, .. frames.AsSpan(0, 100)]);
        await WebSocketFixture.SendAsync(client, ReadOnlyMemory<byte>.Empty, endOfMessage: false);
        await WebSocketFixture.SendAsync(client, frames.AsMemory(100, 58));
        for (var i = 0; i < 51; i++) Assert.Equal("ping", (await WebSocketFixture.ReadFrameAsync(client)).Type);
    }

    [Fact]
    public async Task A_huge_message_is_a_stream_of_frames_and_is_never_held()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using var client = await fixture.ConnectAsync();
        await WebSocketFixture.PingAsync(client);
        var content = new byte[60_000];
        var frame = WebSocketFixture.Frame("message"u8, content);
        // 24 MB in one message.
        for (var i = 0; i < 400; i++) await WebSocketFixture.SendAsync(client, frame, endOfMessage: false);
        await WebSocketFixture.SendAsync(client, WebSocketFixture.Ping());
        Assert.Equal("ping", (await WebSocketFixture.ReadFrameAsync(client)).Type);
        Assert.Equal(400, await fixture.Host.MetricAsync("heartbeatgateway_messages_total{outcome=\"accepted\"}"));

        // A frame above the limit ends the connection by the length that it declares.
        var large = new byte[158];
        WebSocketFixture.Ping().CopyTo(large, 0);
        large[4] = 0x7F;
        await WebSocketFixture.SendAsync(client, large);
        Assert.Equal((WebSocketCloseStatus.MessageTooBig, "bad_length"), await WebSocketFixture.ReadCloseAsync(client));
    }

    [Fact]
    public async Task A_message_is_pushed_and_an_answer_may_come_in_several_messages()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using var client = await fixture.ConnectAsAsync("page-1");
        var content = new string('x', 100_000);
        fixture.Host.Engine.SendToClient("page-1", "news", Encoding.UTF8.GetBytes(content));
        Assert.Equal(("news", content), await WebSocketFixture.ReadFrameAsync(client));
        await WebSocketFixture.PingAsync(client);
    }

    [Fact]
    public async Task A_text_message_ends_the_connection_and_says_why()
    {
        var logs = new LogText();
        await using var fixture = await WebSocketFixture.StartAsync(logs, "--Serilog:MinimumLevel:Default=Information");
        using var client = await fixture.ConnectAsAsync("page-1");
        await client.SendAsync("{}"u8.ToArray(), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        var (type, content) = await WebSocketFixture.ReadFrameAsync(client);
        Assert.Equal("close", type);
        using var close = JsonDocument.Parse(content);
        Assert.Equal("websocket_invalid", close.RootElement.GetProperty("reason").GetString());
        Assert.Contains("a text message came", close.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal((WebSocketCloseStatus.InvalidMessageType, "websocket_invalid"), await WebSocketFixture.ReadCloseAsync(client));
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"websocket_invalid\"}", 1);
        await logs.SawAsync("a text message came");
    }

    [Fact]
    public async Task The_gateway_closes_with_the_close_frame_and_then_that_of_the_WebSocket()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using var client = await fixture.ConnectAsAsync("page-1");
        Assert.True(fixture.Host.Engine.CloseClient("page-1", CloseReason.Kicked, retry: true, after: TimeSpan.FromSeconds(2)));
        var (type, content) = await WebSocketFixture.ReadFrameAsync(client);
        Assert.Equal("close", type);
        Assert.Contains("\"afterMs\":2000", content, StringComparison.Ordinal);
        Assert.Equal((WebSocketCloseStatus.PolicyViolation, "kicked"), await WebSocketFixture.ReadCloseAsync(client));
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"kicked\"}", 1);
        Assert.Equal(0, fixture.Host.Engine.OpenConnections);
    }

    [Fact]
    public async Task A_drain_closes_as_draining_and_frames_sent_before_the_close_are_delivered()
    {
        await using var fixture = await WebSocketFixture.StartAsync("--Gateway:Draining:Duration=00:00:00.200");
        using var client = await fixture.ConnectAsAsync("page-1");
        using var anonymous = await fixture.ConnectAsync();
        await WebSocketFixture.PingAsync(anonymous);
        var stopping = fixture.Host.App.StopAsync(TestContext.Current.CancellationToken);
        var (type, content) = await WebSocketFixture.ReadFrameAsync(client);
        Assert.Equal("close", type);
        Assert.Contains("\"reason\":\"draining\"", content, StringComparison.Ordinal);
        await WebSocketFixture.SendAsync(client, WebSocketFixture.Frame("message"u8, "late"u8.ToArray()));
        Assert.Equal((WebSocketCloseStatus.EndpointUnavailable, "draining"), await WebSocketFixture.ReadCloseAsync(client));
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, (await WebSocketFixture.ReadCloseAsync(anonymous)).Status);
        await anonymous.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        await stopping;
        await Assert.ThrowsAnyAsync<WebSocketException>(() => fixture.ConnectAsync());
    }

    [Fact]
    public async Task An_aborted_WebSocket_and_a_cut_frame_have_their_reasons()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using (var client = await fixture.ConnectAsync())
        {
            await WebSocketFixture.PingAsync(client);
            await WebSocketFixture.SendAsync(client, WebSocketFixture.Ping().AsMemory(0, 60));
            await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        }

        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"truncated\"}", 1);
        using (var raw = await fixture.ConnectRawAsync())
        {
            await raw.SendAsync(Encoding.ASCII.GetBytes(WebSocketFixture.Request()));
            Assert.StartsWith("HTTP/1.1 101 ", Encoding.ASCII.GetString(await ReadSomeAsync(raw)), StringComparison.Ordinal);
            raw.Close(timeout: 0);
        }

        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"peer_reset\"}", 1);
    }

    [Theory]
    [InlineData(new byte[] { 0x82, 0x05, 0, 0, 0, 0, 0 }, "mask")]
    [InlineData(new byte[] { 0xF2, 0x80, 0, 0, 0, 0 }, "reserved")]
    [InlineData(new byte[] { 0x83, 0x80, 0, 0, 0, 0 }, "")]
    public async Task Bytes_that_are_no_WebSocket_end_the_connection(byte[] bytes, string detail)
    {
        var logs = new LogText();
        await using var fixture = await WebSocketFixture.StartAsync(logs, "--Serilog:MinimumLevel:Default=Information");
        using var raw = await fixture.ConnectRawAsync();
        await raw.SendAsync(Encoding.ASCII.GetBytes(WebSocketFixture.Request()));
        await ReadSomeAsync(raw);
        await raw.SendAsync(bytes);
        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"websocket_invalid\"}", 1);
        await logs.SawAsync("not the WebSocket protocol");
        await logs.SawAsync(detail);
    }

    private static async Task<byte[]> ReadSomeAsync(System.Net.Sockets.Socket socket)
    {
        var buffer = new byte[4096];
        var count = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        return buffer[..count];
    }
}
