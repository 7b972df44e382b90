using System.Net;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.WebSockets;

/// <summary>Which requests get a WebSocket, and what the others are answered.</summary>
public sealed class UpgradeTests
{
    /// <summary>The example of RFC 6455, section 1.3.</summary>
    [Fact]
    public async Task A_request_is_answered_as_the_standard_prescribes()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using var socket = await fixture.ConnectRawAsync();
        // Byte for byte, with a query and an extension and a subprotocol that are not granted.
        foreach (var one in Encoding.ASCII.GetBytes(WebSocketFixture.Request("/ws?v=1", headers: ["Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Protocol: chat"])))
        {
            await socket.SendAsync(new[] { one });
        }

        var buffer = new byte[4096];
        var answer = Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken));
        Assert.Equal("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", answer);
    }

    public static TheoryData<string, string, string> Refused => new()
    {
        { WebSocketFixture.Request("/"), "404 Not Found", "path" },
        { WebSocketFixture.Request("/ws/"), "404 Not Found", "path" },
        { WebSocketFixture.Request("/ws/negotiate"), "404 Not Found", "path" },
        { WebSocketFixture.Request("/metrics"), "404 Not Found", "path" },
        { WebSocketFixture.Request("/api/v1/clients"), "404 Not Found", "path" },
        { WebSocketFixture.Request("/livez"), "404 Not Found", "path" },
        { WebSocketFixture.Request("http://gateway/ws"), "404 Not Found", "path" },
        { WebSocketFixture.Request(method: "POST"), "405 Method Not Allowed", "GET" },
        { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "405 Method Not Allowed", "GET" },
        { "\0\0\0\x76", "405 Method Not Allowed", "GET" },
        { WebSocketFixture.Request(version: "8"), "426 Upgrade Required", "version 13" },
        { WebSocketFixture.Request(upgrade: "h2c"), "426 Upgrade Required", "version 13" },
        { "GET /ws HTTP/1.1\r\nHost: gateway\r\n\r\n", "426 Upgrade Required", "version 13" },
        { WebSocketFixture.Request(key: "c2hvcnQ="), "400 Bad Request", "16 bytes" },
        { WebSocketFixture.Request(key: "not base64 at all, is it"), "400 Bad Request", "16 bytes" },
        { WebSocketFixture.Request(headers: "Content-Length: 5"), "400 Bad Request", "body" },
        { WebSocketFixture.Request(headers: "Transfer-Encoding: chunked"), "400 Bad Request", "body" },
        { WebSocketFixture.Request(headers: ["Origin: https://shop.example", "Origin: https://shop.example"]), "400 Bad Request", "twice" },
        { WebSocketFixture.Request(headers: "no header"), "400 Bad Request", "HTTP/1.1" },
        { "GET /ws HTTP/1.0\r\n\r\n", "400 Bad Request", "HTTP/1.1" },
        { "GET /ws\r\n\r\n", "400 Bad Request", "HTTP/1.1" },
        { WebSocketFixture.Request(headers: $"Cookie: {new string('x', 9000)}"), "431 Request Header Fields Too Large", "8192" },
        { WebSocketFixture.Request(headers: "Origin: https://evil.example"), "403 Forbidden", "https://evil.example" },
        { WebSocketFixture.Request(headers: "Origin: https://shop.example.evil.example"), "403 Forbidden", "evil" },
        { WebSocketFixture.Request(headers: "Origin: http://shop.example"), "403 Forbidden", "http://shop.example" },
        { WebSocketFixture.Request(headers: "Origin: null"), "403 Forbidden", "null" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_request_that_is_not_acceptable_gets_an_answer_and_a_log_line(string request, string status, string detail)
    {
        var logs = new LogText();
        await using var fixture = await WebSocketFixture.StartAsync(logs, "--Serilog:MinimumLevel:Default=Information");
        var answer = await fixture.ExchangeAsync(request);
        Assert.StartsWith($"HTTP/1.1 {status}\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"websocket_invalid\"}", 1);
        await logs.SawAsync(detail);
        Assert.Equal(0, fixture.Host.Engine.OpenConnections);
    }

    [Fact]
    public async Task The_endpoints_are_separate()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, await fixture.Host.StatusAsync("/ws"));
        Assert.Equal(HttpStatusCode.OK, await fixture.Host.StatusAsync("/healthz"));
        Assert.Equal(HttpStatusCode.OK, await fixture.Host.StatusAsync("/livez"));
        // The probe of /livez is no client, on either endpoint.
        Assert.Equal(0, await fixture.Host.MetricAsync("heartbeatgateway_connections_opened_total"));
        await using var off = await ServiceHost.StartAsync();
        Assert.Null(off.WebSocketPort);
    }

    [Fact]
    public async Task A_health_check_that_only_connects_is_no_failure()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using (var check = await fixture.ConnectRawAsync())
        {
            check.Shutdown(SocketShutdown.Send);
            Assert.Equal("", await WebSocketFixture.ReadToEndAsync(check));
        }

        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"peer_closed\"}", 1);
        Assert.Equal(1, await fixture.Host.MetricAsync("heartbeatgateway_probe_connections_total{kind=\"no_byte\"}"));
        // One that closes within its request has sent something wrong.
        using var partial = await fixture.ConnectRawAsync();
        await partial.SendAsync("GET /ws HT"u8.ToArray());
        partial.Shutdown(SocketShutdown.Send);
        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"websocket_invalid\"}", 1);
    }

    [Fact]
    public async Task A_client_without_origin_is_no_browser_and_gets_in()
    {
        await using var fixture = await WebSocketFixture.StartAsync();
        using var client = await fixture.ConnectAsync();
        await WebSocketFixture.PingAsync(client);
    }

    [Theory]
    [InlineData("https://shop.example", "Origin: https://shop.example", true)]
    [InlineData("https://shop.example", null, false)]
    [InlineData("https://shop.example", "Origin: https://evil.example", false)]
    [InlineData("*", "Origin: https://evil.example", true)]
    [InlineData("*", null, true)]
    public async Task Under_the_scheme_none_an_allowed_origin_is_demanded(string allowed, string? header, bool isAccepted)
    {
        await using var fixture = await WebSocketFixture.StartAsync("--Gateway:Tokens:Scheme=none", $"--Gateway:WebSocket:AllowedOrigins:0={allowed}");
        using var socket = await fixture.ConnectRawAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(WebSocketFixture.Request(headers: header is null ? [] : [header])));
        var buffer = new byte[4096];
        var answer = Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken));
        Assert.StartsWith(isAccepted ? "HTTP/1.1 101 " : "HTTP/1.1 403 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Under_the_scheme_none_the_start_demands_origins()
    {
        var refusal = await Assert.ThrowsAsync<GatewayOptionsException>(() => ServiceHost.StartAsync("--Gateway:WebSocket:Endpoint=127.0.0.1:0", "--Gateway:Tokens:Scheme=none"));
        Assert.StartsWith("Gateway:WebSocket:AllowedOrigins is missing: under Gateway:Tokens:Scheme none", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Gateway:WebSocket:Endpoint=8083", "Gateway:WebSocket:Endpoint is '8083', but must be an address and a port")]
    [InlineData("--Gateway:WebSocket:Path=ws", "Gateway:WebSocket:Path is 'ws', but must start with /")]
    [InlineData("--Gateway:WebSocket:Path=/w s", "Gateway:WebSocket:Path is '/w s', but must start with /")]
    [InlineData("--Gateway:WebSocket:AllowedOrigins:0=shop.example", "Gateway:WebSocket:AllowedOrigins holds 'shop.example'")]
    [InlineData("--Gateway:WebSocket:AllowedOrigins:0=https://shop.example/", "Gateway:WebSocket:AllowedOrigins holds 'https://shop.example/'")]
    [InlineData("--Gateway:WebSocket:AllowedOrigins:0=https://Shop.example", "Gateway:WebSocket:AllowedOrigins holds 'https://Shop.example'")]
    [InlineData("--Gateway:WebSocket:AllowedOrigins:0=https://shop.example:443", "Gateway:WebSocket:AllowedOrigins holds 'https://shop.example:443'")]
    [InlineData("--Gateway:WebSocket:AllowedOrigins:0=https://*.example", "Gateway:WebSocket:AllowedOrigins holds 'https://*.example'")]
    [InlineData("--Gateway:WebSocket:AllowedOrigins:0=null", "Gateway:WebSocket:AllowedOrigins holds 'null'")]
    public async Task A_wrong_setting_stops_the_start_and_names_its_key(string setting, string sentence)
    {
        var refusal = await Assert.ThrowsAsync<GatewayOptionsException>(() => ServiceHost.StartAsync(setting));
        Assert.StartsWith(sentence, Assert.Single(refusal.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Origins_of_other_schemes_and_ports_can_be_given()
    {
        await using var fixture = await WebSocketFixture.StartAsync("--Gateway:WebSocket:AllowedOrigins:1=capacitor://localhost", "--Gateway:WebSocket:AllowedOrigins:2=http://localhost:3000");
        using var app = await fixture.ConnectAsync("capacitor://localhost");
        using var page = await fixture.ConnectAsync("http://localhost:3000");
        await WebSocketFixture.PingAsync(app);
        await WebSocketFixture.PingAsync(page);
    }
}
