using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Telemetry;

public sealed class CollectorWatchTests
{
    private const string Endpoint = "http://collector:4317/v1/metrics";

    private readonly FakeLogger<CollectorWatch> _logger = new();
    private readonly TestClock _time = new();

    [Fact]
    public void A_failure_is_logged_once_until_it_has_passed()
    {
        using var watch = new CollectorWatch(_time, _logger);
        watch.Succeeded(Endpoint);
        for (var i = 0; i < 5; i++)
        {
            watch.Failed(Endpoint, "System.Net.Http.HttpRequestException: Connection refused (collector:4317)\n ---> System.Net.Sockets.SocketException (111): Connection refused");
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        watch.Succeeded(Endpoint);
        watch.Succeeded(Endpoint);
        watch.Failed(Endpoint, "again");
        Assert.Equal(
            [
                $"Telemetry cannot be sent to {Endpoint}: Connection refused (collector:4317). It is tried again at each interval; the next line about it says that it succeeds",
                $"Telemetry is sent to {Endpoint} again, after 300 s without success",
                $"Telemetry cannot be sent to {Endpoint}: again. It is tried again at each interval; the next line about it says that it succeeds",
            ],
            _logger.Collector.GetSnapshot().Select(l => l.Message));
    }

    [Fact]
    public void Endpoints_are_independent_and_their_number_is_bounded()
    {
        using var watch = new CollectorWatch(_time, _logger);
        for (var i = 0; i < 100; i++) watch.Failed($"http://collector:{i}/", "refused");
        Assert.Equal(8, _logger.Collector.Count);
        watch.Succeeded("http://collector:1/");
        Assert.Equal(9, _logger.Collector.Count);
    }

    [Fact]
    public void Credentials_in_the_endpoint_are_not_logged()
    {
        using var watch = new CollectorWatch(_time, _logger);
        watch.Failed("http://user:secret@collector:4317/", "refused");
        watch.Succeeded("http://user:secret@collector:4317/");
        Assert.Equal(2, _logger.Collector.Count);
        Assert.All(_logger.Collector.GetSnapshot(), l => Assert.DoesNotContain("secret", l.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_warning_is_logged_once()
    {
        using var watch = new CollectorWatch(_time, _logger);
        watch.Warn("OTEL_TRACES_SAMPLER is invalid.");
        watch.Warn("OTEL_TRACES_SAMPLER is invalid.");
        Assert.Equal("Telemetry: OTEL_TRACES_SAMPLER is invalid", _logger.LatestRecord.Message);
        Assert.Equal(1, _logger.Collector.Count);
        for (var i = 0; i < 100; i++) watch.Warn($"warning {i}");
        Assert.Equal(32, _logger.Collector.Count);
    }

    /// <summary>A gRPC collector reports its failures in trailers, after HTTP status 200.</summary>
    [Fact]
    public async Task A_grpc_collector_that_refuses_and_recovers_is_logged_once_each()
    {
        var (status, requests) = ("14", 0);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, e => e.Protocols = HttpProtocols.Http2));
        await using var collector = builder.Build();
        collector.Run(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", status);
            // Three refusals, then success.
            if (Interlocked.Increment(ref requests) == 3) status = "0";
        });
        await collector.StartAsync(TestContext.Current.CancellationToken);

        var logs = new LogText();
        await using (await ServiceHost.StartAsync(
            [$"--OTEL_EXPORTER_OTLP_METRICS_ENDPOINT={collector.Urls.Single()}", "--OTEL_METRIC_EXPORT_INTERVAL=100", "--Serilog:MinimumLevel:Default=Information"], logs))
        {
            await logs.SawAsync("CollectorReachable", collector.Urls.Single());
        }

        // The SDK's events belong to the process: exporters of other tests may report their own collectors.
        var lines = logs.Text.Split('\n').Where(l => l.Contains(collector.Urls.Single(), StringComparison.Ordinal)).ToList();
        Assert.Single(lines, l => l.Contains("CollectorUnreachable", StringComparison.Ordinal));
        Assert.Single(lines, l => l.Contains("CollectorReachable", StringComparison.Ordinal));
    }
}
