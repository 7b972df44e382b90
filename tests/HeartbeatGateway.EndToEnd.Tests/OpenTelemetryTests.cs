using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HeartbeatGateway.EndToEnd.Tests;

public sealed class OpenTelemetryTests
{
    [Fact]
    public async Task Metrics_and_traces_are_exported_to_the_configured_otlp_endpoint()
    {
        using var collector = new Collector();
        await using var gateway = await GatewayProcess.StartAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
            ("OTEL_BSP_SCHEDULE_DELAY", "500"));
        await gateway.ScrapeAsync();
        var metrics = await collector.ReceivedAsync("/v1/metrics");
        Assert.Contains("heartbeatgateway.connected_clients", metrics, StringComparison.Ordinal);
        Assert.Contains("heartbeatgateway.heartbeats", metrics, StringComparison.Ordinal);
        Assert.Contains("/metrics", await collector.ReceivedAsync("/v1/traces"), StringComparison.Ordinal);
    }

    /// <summary>Accepts the requests of an exporter and answers each with success.</summary>
    private sealed class Collector : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly Dictionary<string, TaskCompletionSource<string>> _received = new(StringComparer.Ordinal)
        {
            ["/v1/metrics"] = new(TaskCreationOptions.RunContinuationsAsynchronously),
            ["/v1/traces"] = new(TaskCreationOptions.RunContinuationsAsynchronously),
        };

        public Collector()
        {
            Url = $"http://127.0.0.1:{GatewayProcess.FreePort()}/";
            _listener.Prefixes.Add(Url);
            _listener.Start();
            _ = ServeAsync();
        }

        public string Url { get; }

        public Task<string> ReceivedAsync(string path) => _received[path].Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    using var body = new MemoryStream();
                    await context.Request.InputStream.CopyToAsync(body);
                    // Protobuf contains names as plain text.
                    if (_received.TryGetValue(context.Request.Url!.AbsolutePath, out var received)) received.TrySetResult(Encoding.Latin1.GetString(body.ToArray()));
                    context.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or SocketException)
            {
                // The listener was closed at the end of the test.
            }
        }
    }
}
