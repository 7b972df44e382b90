using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server.Tests.Telemetry;

public sealed class ConnectionSpanTests
{
    [Fact]
    public async Task A_sampled_connection_is_one_span_from_its_admission_to_its_removal()
    {
        using var gateway = Gateway();
        using var spans = new SpanRecorder(gateway);
        var start = gateway.Time.GetUtcNow();
        var (client, welcome) = await gateway.IdentifiedAsync(address: IPAddress.Parse("192.0.2.7"));
        gateway.Advance(TimeSpan.FromSeconds(3));
        await client.PingAsync();
        Assert.Empty(spans.Ended);
        Assert.Equal(1, gateway.Engine.Spans.Count);
        client.CloseOutput();
        await client.Handler;

        var span = Assert.Single(spans.Ended);
        Assert.Equal("connection", span.OperationName);
        Assert.Equal(ActivityKind.Internal, span.Kind);
        Assert.Null(span.Parent);
        Assert.Equal(default, span.ParentSpanId);
        Assert.Equal(start.UtcDateTime, span.StartTimeUtc);
        Assert.Equal(TimeSpan.FromSeconds(3), span.Duration);
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        Assert.Equal(["connected", "hello", "close"], span.Events.Select(e => e.Name));
        Assert.Equal([start, start, start + TimeSpan.FromSeconds(3)], span.Events.Select(e => e.Timestamp));
        var attributes = Attributes(span);
        Assert.Equal("1", attributes["heartbeatgateway.connection_id"]);
        Assert.Equal("192.0.2.7", attributes["client.address"]);
        Assert.Equal(50_000, attributes["client.port"]);
        Assert.Equal("tcp", attributes["network.transport"]);
        Assert.Equal("ipv4", attributes["network.type"]);
        Assert.Equal("pump-17", attributes["heartbeatgateway.client_id"]);
        Assert.Equal(welcome.SessionId, attributes["heartbeatgateway.session_id"]);
        Assert.Equal(welcome.Generation, attributes["heartbeatgateway.generation"]);
        Assert.Equal(TestSecrets.KeyId, attributes["heartbeatgateway.key_id"]);
        Assert.Equal("peer_closed", attributes["heartbeatgateway.close.reason"]);
        Assert.Equal(2L, attributes["heartbeatgateway.frames_in"]);
        Assert.Equal(2L, attributes["heartbeatgateway.frames_out"]);
        Assert.Equal(0, gateway.Engine.Spans.Count);
        Assert.Null(Activity.Current);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 400, 400)]
    // Outside of these bounds once in 10^22 runs.
    [InlineData(0.5, 100, 300)]
    [InlineData(0.01, 0, 40)]
    public async Task The_ratio_is_the_share_of_connections_that_have_a_span(double ratio, int atLeast, int atMost)
    {
        using var gateway = Gateway(ratio);
        using var spans = new SpanRecorder(gateway);
        for (var i = 0; i < 400; i++)
        {
            var client = await gateway.ConnectedAsync();
            client.CloseOutput();
            await client.Handler;
        }

        Assert.InRange(spans.Ended.Count, atLeast, atMost);
    }

    [Fact]
    public async Task A_changed_ratio_applies_to_connections_that_open_from_then_on()
    {
        using var gateway = Gateway(ratio: 0);
        using var spans = new SpanRecorder(gateway);
        var before = await gateway.ConnectedAsync();
        gateway.Options.Telemetry.ConnectionSpanRatio = 1;
        gateway.Engine.Reconfigure(gateway.Options);
        var after = await gateway.ConnectedAsync();
        foreach (var client in new[] { before, after })
        {
            client.CloseOutput();
            await client.Handler;
        }

        Assert.Equal("2", Attributes(Assert.Single(spans.Ended))["heartbeatgateway.connection_id"]);
    }

    [Fact]
    public async Task Without_a_listener_or_when_its_sampler_drops_it_a_connection_has_no_span()
    {
        using var gateway = Gateway();
        await gateway.ConnectedAsync();
        using var dropping = new SpanRecorder(gateway, ActivitySamplingResult.PropagationData);
        await gateway.ConnectedAsync();
        Assert.Equal(0, gateway.Engine.Spans.Count);
    }

    [Fact]
    public async Task A_timeout_is_an_event_with_its_kind_and_makes_the_span_an_error()
    {
        using var gateway = Gateway();
        using var spans = new SpanRecorder(gateway);
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(8));
        client.CloseOutput();
        await client.Handler;
        var span = Assert.Single(spans.Ended);
        Assert.Equal(["connected", "timeout", "close"], span.Events.Select(e => e.Name));
        var timeout = span.Events.ElementAt(1).Tags.ToDictionary();
        Assert.Equal("reader_idle", timeout["heartbeatgateway.timeout.kind"]);
        Assert.InRange(Assert.IsType<double>(timeout["heartbeatgateway.timeout.late_seconds"]), 0, 0.1);
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal("reader_idle", Attributes(span)["error.type"]);
    }

    [Fact]
    public async Task A_reconnect_and_a_takeover_are_events_of_both_connections_which_are_linked()
    {
        using var gateway = Gateway();
        using var spans = new SpanRecorder(gateway);
        var (old, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 1));
        var (young, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        old.CloseOutput();
        await old.Handler;
        young.CloseOutput();
        await young.Handler;
        var (replaced, by) = (spans.Ended[0], spans.Ended[1]);
        Assert.Equal(["connected", "hello", "replaced", "close"], replaced.Events.Select(e => e.Name));
        Assert.Equal("2", replaced.Events.ElementAt(2).Tags.ToDictionary()["heartbeatgateway.other_connection_id"]);
        Assert.Equal(by.Context.SpanId, Assert.Single(replaced.Links).Context.SpanId);
        Assert.Equal(["connected", "hello", "takeover", "reconnected", "close"], by.Events.Select(e => e.Name));
        Assert.Equal("1", by.Events.ElementAt(2).Tags.ToDictionary()["heartbeatgateway.other_connection_id"]);
        Assert.Equal("client", by.Events.ElementAt(3).Tags.ToDictionary()["heartbeatgateway.identity"]);
    }

    [Fact]
    public async Task A_connection_that_is_closed_by_a_request_is_linked_to_it()
    {
        using var gateway = Gateway();
        using var spans = new SpanRecorder(gateway);
        var (client, _) = await gateway.IdentifiedAsync();
        using var request = new Activity("request").Start();
        Assert.True(gateway.Engine.CloseClient("pump-17", CloseReason.Kicked));
        Assert.Same(request, Activity.Current);
        client.CloseOutput();
        await client.Handler;
        Assert.Equal(request.SpanId, Assert.Single(Assert.Single(spans.Ended).Links).Context.SpanId);
    }

    [Fact]
    public async Task A_span_has_no_parent_whatever_the_thread_does_that_opens_it()
    {
        using var gateway = Gateway();
        using var spans = new SpanRecorder(gateway);
        using var other = new Activity("other").Start();
        var client = await gateway.ConnectedAsync();
        Assert.Same(other, Activity.Current);
        client.CloseOutput();
        await client.Handler;
        Assert.Equal(default, Assert.Single(spans.Ended).ParentSpanId);
        Assert.NotEqual(other.TraceId, spans.Ended[0].TraceId);
    }

    [Fact]
    public async Task A_health_check_of_a_load_balancer_and_the_liveness_probe_leave_no_span()
    {
        using var gateway = Gateway();
        using var spans = new SpanRecorder(gateway);
        foreach (var isProbe in new[] { false, true })
        {
            var check = gateway.Connect(isProbe: isProbe);
            if (isProbe) await check.PingAsync();
            check.CloseOutput();
            await check.Handler;
        }

        Assert.Empty(spans.Ended);
        Assert.Equal(0, gateway.Engine.Spans.Count);
    }

    [Fact]
    public async Task Nothing_that_a_client_sent_but_its_client_id_is_in_a_span()
    {
        using var gateway = Gateway();
        using var spans = new SpanRecorder(gateway);
        var (client, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(instance: "canary-instance"));
        await client.SendAsync(client.Frame("canary-type", "canary-content"));
        await client.SendAsync(client.Frame("hello", """{"clientId":"canary-claimed"}"""));
        client.CloseOutput();
        await client.Handler;
        var span = Assert.Single(spans.Ended);
        var texts = span.TagObjects.Concat(span.Events.SelectMany(e => e.Tags)).Select(t => $"{t.Value}").Append(span.StatusDescription);
        Assert.Equal("bad_hello", span.StatusDescription);
        Assert.DoesNotContain(texts, text => text!.Contains("canary", StringComparison.Ordinal) || text.Contains(TestSecrets.Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Log_lines_are_written_within_the_span_of_their_connection()
    {
        var lines = new SpanOfLines();
        using var gateway = new EngineHarness(options => options.Telemetry.ConnectionSpanRatio = 1, logger: lines);
        using var spans = new SpanRecorder(gateway);
        var (client, _) = await gateway.IdentifiedAsync();
        await client.SendAsync(client.Frame("greeting", "hello"));
        await client.SendAsync(client.Frame("hello", """{"clientId":"second"}"""));
        client.CloseOutput();
        await client.Handler;
        var span = Assert.Single(spans.Ended);
        Assert.Equal(["ConnectionOpened", "ClientConnected", "MessageReceived", "HelloRefused", "ConnectionClosed"], lines.Written.Where(l => l.Event is not null).Select(l => l.Event!));
        Assert.All(lines.Written, line => Assert.Equal(span.SpanId, line.Span));
    }

    [Fact]
    public void The_documentation_has_every_attribute_and_event()
    {
        var document = File.ReadAllText(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../docs/metrics.md"));
        var names = typeof(SpanNames).GetFields().Select(field => (string)field.GetRawConstantValue()!);
        Assert.DoesNotContain(names, name => !document.Contains($"`{name}`", StringComparison.Ordinal));
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private static EngineHarness Gateway(double ratio = 1) => new(options => options.Telemetry.ConnectionSpanRatio = ratio);

    private static Dictionary<string, object?> Attributes(Activity span) => span.TagObjects.ToDictionary(StringComparer.Ordinal);

    private sealed class SpanOfLines : ILoggerProvider, ILogger
    {
        public List<(string? Event, ActivitySpanId? Span)> Written { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Written.Add((eventId.Name, Activity.Current?.SpanId));

        public void Dispose()
        {
        }
    }
}
