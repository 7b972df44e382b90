using System.Net;
using System.Text.RegularExpressions;
using HeartbeatGateway.Deploy.Tests.Support;
using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Deploy.Tests.Image;

/// <summary>Tests of the endpoint of the image and the chart: <c>*:8081</c> for clients, port 8080 of all addresses for operators.</summary>
public sealed partial class EndpointTests
{
    [Theory]
    [InlineData("0", true)]
    [InlineData("1", false)]
    public async Task Clients_and_operators_can_use_ipv4_and_where_there_is_one_ipv6(string disableIpv6, bool hasIpv6)
    {
        Assert.SkipWhen(hasIpv6 && !HasIpv6Loopback(), "SKIPPED: this machine has no IPv6 loopback address");
        var launch = new GatewayLaunch();
        await using var gateway = await GatewayProcess.StartAsync(
            launch,
            ("Gateway__Tcp__Endpoint", $"*:{launch.TcpPort}"), ("ASPNETCORE_URLS", null), ("ASPNETCORE_HTTP_PORTS", $"{launch.HttpPort}"),
            ("DOTNET_SYSTEM_NET_DISABLEIPV6", disableIpv6));
        // Without IPv6 an IPv6 socket cannot even be made.
        var bound = $"accepts clients on {(hasIpv6 ? "[::]" : "0.0.0.0")}:{launch.TcpPort}";
        Assert.Contains(gateway.Lines, l => l.Contains(bound, StringComparison.Ordinal));
        IPAddress[] addresses = hasIpv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
        foreach (var address in addresses)
        {
            using var client = await SocketClient.ConnectAsync(new IPEndPoint(address, launch.TcpPort));
            await client.PingAsync();
            var url = new UriBuilder(Uri.UriSchemeHttp, address.ToString(), launch.HttpPort, "/livez").Uri;
            Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync(url, TestContext.Current.CancellationToken)).StatusCode);
        }
    }

    [Fact]
    public async Task The_image_changes_the_endpoint_in_the_settings_file()
    {
        var dockerfile = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "Dockerfile"), TestContext.Current.CancellationToken);
        var settings = Path.GetTempFileName();
        try
        {
            File.Copy(Path.Combine(Repository.Root, "appsettings.json"), settings, overwrite: true);
            var command = Edit().Match(dockerfile).Groups["command"].Value.Replace("appsettings.json", settings, StringComparison.Ordinal);
            (await Command.RunAsync("sh", ["-eu", "-c", command])).Good();
            var text = await File.ReadAllTextAsync(settings, TestContext.Current.CancellationToken);
            Assert.Contains("\"Endpoint\": \"*:8081\"", text, StringComparison.Ordinal);
            // A variable in the image would override the settings that an operator mounts.
            Assert.DoesNotContain("Gateway__", dockerfile, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(settings);
        }
    }

    private static bool HasIpv6Loopback() => File.Exists("/proc/net/if_inet6") && File.ReadLines("/proc/net/if_inet6").Any(l => l.EndsWith(" lo", StringComparison.Ordinal));

    [GeneratedRegex("^RUN (?<command>sed .+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Edit();
}
