using System.Globalization;
using System.Text.Json;
using HeartbeatGateway.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace HeartbeatGateway.Tests.Configuration;

/// <summary>A refused reload stays visible in metrics and in /healthz until a later one is accepted.</summary>
public sealed class ReloadStatusTests
{
    private const string Successful = "heartbeatgateway_config_last_reload_successful";
    private const string Timestamp = "heartbeatgateway_config_last_reload_success_timestamp_seconds";

    [Fact]
    public async Task A_refused_reload_is_shown_until_one_is_accepted()
    {
        var begin = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        await using var host = await ServiceHost.StartAsync();
        Assert.Equal(1, await host.MetricAsync(Successful));
        var started = await host.MetricAsync(Timestamp);
        Assert.InRange(started, begin, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        Assert.StartsWith("in force since 20", await DetailAsync(host), StringComparison.Ordinal);

        var configuration = (IConfigurationRoot)host.App.Configuration;
        configuration["Gateway:Frames:MaxContentBytes"] = "-1";
        configuration["Gateway:Frames:TimeZone"] = "a-value-that-may-be-secret";
        configuration.Reload();
        Assert.Equal(0, await host.MetricAsync(Successful));
        Assert.Equal(started, await host.MetricAsync(Timestamp));
        var detail = await DetailAsync(host);
        Assert.StartsWith("the last change was refused: Gateway:Frames:", detail, StringComparison.Ordinal);
        Assert.Contains("Gateway:Frames:MaxContentBytes", detail, StringComparison.Ordinal);
        Assert.Contains("Gateway:Frames:TimeZone", detail, StringComparison.Ordinal);
        Assert.Contains("The previous configuration is in force since 20", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", detail, StringComparison.Ordinal);

        configuration["Gateway:Frames:MaxContentBytes"] = "1000";
        configuration["Gateway:Frames:TimeZone"] = "UTC";
        configuration.Reload();
        Assert.Equal(1, await host.MetricAsync(Successful));
        Assert.True(await host.MetricAsync(Timestamp) >= started);
        Assert.StartsWith("in force since 20", await DetailAsync(host), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_cannot_add_an_http_endpoint()
    {
        await using var host = await ServiceHost.StartAsync();
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        var configuration = (IConfigurationRoot)host.App.Configuration;
        configuration["Kestrel:Endpoints:More:Url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        configuration.Reload();
        Assert.Equal(0, await host.MetricAsync(Successful));
        // The port is still free.
        taken.Start();
    }

    private static async Task<string> DetailAsync(ServiceHost host)
    {
        using var page = JsonDocument.Parse(await host.Http.GetStringAsync("/healthz", TestContext.Current.CancellationToken));
        Assert.Equal("healthy", page.RootElement.GetProperty("status").GetString());
        return page.RootElement.GetProperty("configuration").GetString()!;
    }
}
