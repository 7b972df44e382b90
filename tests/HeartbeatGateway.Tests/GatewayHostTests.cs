using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Transport;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Tests;

/// <summary>The whole service in this process, on real sockets.</summary>
public sealed class GatewayHostTests
{
    [Fact]
    public async Task Every_series_is_exported_as_zero_at_startup_and_is_documented()
    {
        await using var host = await ServiceHost.StartAsync();
        var page = await host.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        var own = page.Split('\n').Where(l => l.StartsWith("heartbeatgateway_", StringComparison.Ordinal)).ToList();
        // The start is a successful load of the configuration.
        Assert.Contains("heartbeatgateway_config_last_reload_successful 1", own);
        Assert.All(own.Where(l => !l.Contains("build_info", StringComparison.Ordinal) && !l.StartsWith("heartbeatgateway_connections_limit ", StringComparison.Ordinal) && !l.StartsWith("heartbeatgateway_config_", StringComparison.Ordinal)), line => Assert.EndsWith(" 0", line, StringComparison.Ordinal));
        foreach (var reason in CloseReasons.All.Where(r => r.CanEndAdmitted())) Assert.Contains($"heartbeatgateway_connections_closed_total{{reason=\"{reason.ToWireName()}\"}} 0", own);
        Assert.Contains("heartbeatgateway_tokens_verified_total{key=\"k1\"} 0", own);
        Assert.Contains("heartbeatgateway_stall_seconds_total 0", own);
        Assert.Contains("heartbeatgateway_heartbeat_interval_seconds_count 0", own);

        var families = Regex.Matches(page, "^# TYPE (?<name>heartbeatgateway_[a-z_]+) (?<type>[a-z]+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
            .ToDictionary(m => m.Groups["name"].Value, m => m.Groups["type"].Value, StringComparer.Ordinal);
        Assert.All(families, f => Assert.Equal(f.Key.EndsWith("_total", StringComparison.Ordinal), f.Value == "counter"));
        var document = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", "metrics.md"), TestContext.Current.CancellationToken);
        Assert.All(families.Keys, name => Assert.Contains($"`{name["heartbeatgateway_".Length..]}`", document, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_is_answered_and_counted_and_gets_an_orderly_end_on_shutdown()
    {
        await using var host = await ServiceHost.StartAsync();
        using var client = await host.ConnectAsync();
        await ServiceHost.PingAsync(client);
        var page = await host.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Contains("heartbeatgateway_connected_clients 1\n", page, StringComparison.Ordinal);
        Assert.Contains("heartbeatgateway_heartbeats_total 1\n", page, StringComparison.Ordinal);
        Assert.Contains("heartbeatgateway_network_io_bytes_total{direction=\"in\"} 158\n", page, StringComparison.Ordinal);

        var stopping = host.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
        await stopping;
        Assert.Equal(0, host.Engine.OpenConnections);
    }

    [Fact]
    public async Task Clients_are_answered_without_inline_scheduling()
    {
        await using var host = await ServiceHost.StartAsync("--Gateway:Tcp:InlineScheduling=false");
        using var client = await host.ConnectAsync();
        for (var i = 0; i < 100; i++) await ServiceHost.PingAsync(client);
        Assert.Equal(1, host.Engine.ConnectedClients);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_queued_frames_arrive_before_the_end_of_the_stream(bool inline)
    {
        await using var host = await ServiceHost.StartAsync($"--Gateway:Tcp:InlineScheduling={inline}");
        var signer = TestSecrets.ClientKeyring().Keys[0].Named;
        for (var i = 0; i < 50; i++)
        {
            using var client = await host.ConnectAsync();
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            // Twenty pings, then one whose date is an hour old: twenty answers, then a close frame with the reason.
            await client.SendAsync((byte[])[.. Enumerable.Repeat(signer.Ping(now).ToArray(), 20).SelectMany(p => p), .. signer.Ping(now - 3600).Span]);
            var received = new byte[64 * 1024];
            var length = 0;
            while (await client.ReceiveAsync(received.AsMemory(length)) is var count and > 0) length += count;
            Assert.True(length > 21 * 158, $"{length} bytes arrived.");
            Assert.Equal("close", System.Text.Encoding.ASCII.GetString(received, (20 * 158) + 8, 5));
        }
    }

    [Fact]
    public async Task A_frame_far_larger_than_every_buffer_arrives()
    {
        await using var host = await ServiceHost.StartAsync("--Gateway:Frames:MaxContentBytes=8388608");
        using var client = await host.ConnectAsync();
        await ServiceHost.PingAsync(client);
        var signer = TestSecrets.ClientKeyring().Keys[0].Named;
        var frame = signer.Encode("message"u8, new byte[8 * 1024 * 1024], TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        for (var sent = 0; sent < frame.Length;) sent += await client.SendAsync(frame[sent..]);
        await ServiceHost.PingAsync(client);
        Assert.Contains("heartbeatgateway_messages_total{outcome=\"accepted\"} 1\n", await host.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_accepted_after_its_timeout_is_not_counted()
    {
        await using var host = await ServiceHost.StartAsync();
        var listener = host.App.Services.GetRequiredService<GatewayTransportFactory>().Listener!;
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        late.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Expect(late.LocalEndPoint!);
        await late.ConnectAsync(new IPEndPoint(IPAddress.Loopback, host.TcpPort), TestContext.Current.CancellationToken);
        await late.SendAsync(host.Engine.CreateProbePing(), TestContext.Current.CancellationToken);
        Assert.Equal(158, await late.ReceiveAsync(new byte[158], TestContext.Current.CancellationToken));
        Assert.Equal(0, host.Engine.OpenConnections);
        Assert.Contains("heartbeatgateway_connections_opened_total 0\n", await host.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_probe_is_answered_when_every_key_is_bound_to_clients()
    {
        await using var host = await ServiceHost.StartAsync("--Gateway:Tokens:Keys:0:Clients:0=pump-*");
        Assert.Contains("answers heartbeats", await host.Http.GetStringAsync("/livez", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_endpoints_report_the_state_and_the_probe_is_not_counted()
    {
        await using var host = await ServiceHost.StartAsync("--Gateway:Admission:MaxConnections=1");
        using var client = await host.ConnectAsync();
        await ServiceHost.PingAsync(client);
        // A full gateway is live.
        Assert.Equal(HttpStatusCode.OK, await host.StatusAsync("/livez"));
        Assert.Equal(HttpStatusCode.OK, await host.StatusAsync("/readyz"));
        Assert.Equal(HttpStatusCode.OK, await host.StatusAsync("/healthz"));
        var page = await host.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Contains("heartbeatgateway_connections_opened_total 1\n", page, StringComparison.Ordinal);
        Assert.Contains("heartbeatgateway_heartbeats_total 1\n", page, StringComparison.Ordinal);
        Assert.Contains("heartbeatgateway_connections_rejected_total{reason=\"limit_total\"} 0\n", page, StringComparison.Ordinal);

        // While the gateway stops it accepts no new clients. That is no reason to restart it.
        host.App.Services.GetRequiredService<GatewayTransportFactory>().Listener!.Stop();
        Assert.Equal(HttpStatusCode.OK, await host.StatusAsync("/livez"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await host.StatusAsync("/readyz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await host.StatusAsync("/healthz"));
    }

    [Fact]
    public async Task Two_gateways_in_one_process_have_separate_metrics()
    {
        await using var one = await ServiceHost.StartAsync();
        await using var other = await ServiceHost.StartAsync();
        using var client = await one.ConnectAsync();
        await ServiceHost.PingAsync(client);
        Assert.Contains("heartbeatgateway_connected_clients 1\n", await one.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("heartbeatgateway_connected_clients 0\n", await other.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_heartbeat_interval_histogram_counts_pings()
    {
        await using var host = await ServiceHost.StartAsync();
        using var client = await host.ConnectAsync();
        for (var i = 0; i < 3; i++) await ServiceHost.PingAsync(client);
        var page = await host.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Contains("heartbeatgateway_heartbeat_interval_seconds_count 2\n", page, StringComparison.Ordinal);
        Assert.Contains("heartbeatgateway_heartbeat_interval_seconds_bucket{le=\"60\"} 2\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_configuration_applies_without_restart_and_an_invalid_one_changes_nothing()
    {
        await using var host = await ServiceHost.StartAsync();
        var configuration = (Microsoft.Extensions.Configuration.IConfigurationRoot)host.App.Configuration;
        configuration["Gateway:Frames:MaxContentBytes"] = "1000";
        configuration.Reload();
        Assert.Equal(1000, host.Engine.Settings.MaxContentBytes);
        configuration["Gateway:Frames:MaxContentBytes"] = "-1";
        configuration.Reload();
        Assert.Equal(1000, host.Engine.Settings.MaxContentBytes);
    }
}
