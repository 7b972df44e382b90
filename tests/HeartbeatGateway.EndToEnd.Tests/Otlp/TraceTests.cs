using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Testing;
using OpenTelemetry.Proto.Trace.V1;

namespace HeartbeatGateway.EndToEnd.Tests.Otlp;

/// <summary>Traces as a collector receives them: by gRPC, decoded with the messages of the OTLP specification.</summary>
public sealed class TraceTests
{
    private const string Probe = "/last-page";

    [Fact]
    public async Task A_connection_is_a_span_with_events_that_its_log_lines_belong_to()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var gateway = await StartAsync(receiver, ("Gateway__Telemetry__ConnectionSpanRatio", "1"));
        using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
        await client.SendAsync(Hello("pump-17"));
        await gateway.SawAsync("connected");
        await client.PingAsync();
        var port = ((IPEndPoint)client.Socket.LocalEndPoint!).Port;
        client.Socket.Shutdown(SocketShutdown.Both);

        var span = await receiver.NextAsync();
        Assert.Equal("connection", span.Span.Name);
        Assert.Equal(Span.Types.SpanKind.Internal, span.Span.Kind);
        Assert.True(span.Span.ParentSpanId.IsEmpty);
        Assert.True(span.Span.EndTimeUnixNano > span.Span.StartTimeUnixNano);
        Assert.Equal("HeartbeatGateway", span.Scope.Name);
        Assert.Equal("heartbeatgateway", ReceivedSpan.AttributesOf(span.Resource.Attributes)["service.name"]);
        Assert.Equal(["connected", "hello", "close"], span.Span.Events.Select(e => e.Name));
        Assert.All(span.Span.Events, e => Assert.InRange(e.TimeUnixNano, span.Span.StartTimeUnixNano, span.Span.EndTimeUnixNano));
        var attributes = span.Attributes;
        Assert.Equal("127.0.0.1", attributes["client.address"]);
        Assert.Equal($"{port}", attributes["client.port"]);
        Assert.Equal("127.0.0.1", attributes["network.peer.address"]);
        Assert.Equal($"{gateway.TcpPort}", attributes["network.local.port"]);
        Assert.Equal("tcp", attributes["network.transport"]);
        Assert.Equal("pump-17", attributes["heartbeatgateway.client_id"]);
        Assert.Equal(TestSecrets.KeyId, attributes["heartbeatgateway.key_id"]);
        Assert.Equal("peer_closed", attributes["heartbeatgateway.close.reason"]);
        Assert.Equal("2", attributes["heartbeatgateway.frames_in"]);
        Assert.DoesNotContain(TestSecrets.Secret, span.Span.ToString(), StringComparison.Ordinal);

        await gateway.SawAsync("ConnectionClosed");
        var lines = gateway.Lines.Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.TryGetProperty("ConnectionId", out _)).ToList();
        Assert.Equal(["ClientConnected", "ConnectionClosed"], lines.Select(line => line.GetProperty("EventId").GetProperty("Name").GetString()));
        foreach (var line in lines)
        {
            Assert.Equal(attributes["heartbeatgateway.connection_id"], line.GetProperty("ConnectionId").ToString());
            Assert.Equal(span.TraceId, line.GetProperty("@tr").GetString());
            Assert.Equal(span.SpanId, line.GetProperty("@sp").GetString());
        }
    }

    [Theory]
    [InlineData("0", 0, 0)]
    [InlineData("1", 100, 100)]
    // Outside of these bounds once in 10^9 runs.
    [InlineData("0.5", 20, 80)]
    public async Task The_ratio_samples_connections(string ratio, int atLeast, int atMost)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var gateway = await StartAsync(receiver, ("Gateway__Telemetry__ConnectionSpanRatio", ratio));
        for (var i = 0; i < 100; i++)
        {
            using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
            await client.PingAsync();
        }

        await gateway.ReachesAsync("""heartbeatgateway_connections_closed_total{reason="peer_closed"}""", 100);
        await RequestAsync(gateway, Probe);
        var spans = await receiver.UntilAsync(IsProbe);
        Assert.InRange(spans.Count, atLeast, atMost);
        Assert.All(spans, span => Assert.Equal("connection", span.Span.Name));
        Assert.Equal(spans.Count, spans.DistinctBy(span => span.Attributes["heartbeatgateway.connection_id"]).Count());
    }

    [Fact]
    public async Task Connections_that_end_with_the_gateway_are_exported_before_it_exits()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var gateway = await StartAsync(receiver, ("Gateway__Telemetry__ConnectionSpanRatio", "1"));
        using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
        await client.PingAsync();
        gateway.Signal("TERM");
        Assert.True(await client.EndsAsync(TimeSpan.FromSeconds(20)));
        client.Dispose();
        Assert.Equal(0, await gateway.ExitCodeAsync());
        Assert.Equal("shutdown", (await receiver.NextAsync()).Attributes["heartbeatgateway.close.reason"]);
    }

    [Fact]
    public async Task A_stream_of_events_makes_no_span_and_a_refused_one_does()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var gateway = await StartAsync(receiver);
        using (var stream = await gateway.Http.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        }

        using (var refused = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events") { Headers = { { "Last-Event-ID", "garbage" } } })
        using (var response = await gateway.Http.SendAsync(refused, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }

        // The server has noticed the end of the stream when it has stopped.
        gateway.Signal("TERM");
        Assert.Equal(0, await gateway.ExitCodeAsync());
        var span = await receiver.NextAsync();
        Assert.Equal("GET /api/v1/events", span.Span.Name);
        Assert.Equal("400", span.Attributes["http.response.status_code"]);
        Assert.False(receiver.HasNext);
    }

    private static Task<GatewayProcess> StartAsync(OtlpReceiver receiver, params (string, string?)[] settings) =>
        GatewayProcess.StartAsync([("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", receiver.Url), ("OTEL_BSP_SCHEDULE_DELAY", "300"), .. settings]);

    private static byte[] Hello(string clientId) => TestSecrets.ClientKeyring().Keys[0].Bare
        .Encode(FrameKinds.Hello, new HelloPayload { ClientId = clientId, Nonce = Guid.NewGuid().ToString("N") }.ToJson(), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToArray();

    private static bool IsProbe(Span span) => ReceivedSpan.AttributesOf(span.Attributes).GetValueOrDefault("url.path") == Probe;

    private static async Task RequestAsync(GatewayProcess gateway, string path) => (await gateway.Http.GetAsync(path, TestContext.Current.CancellationToken)).Dispose();
}
