using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Hostile;

/// <summary>HTTP connections of other machines that are of no use to any operator, beside a fleet.</summary>
public sealed class HttpFloodBesideFleetTests
{
    private const int Connections = 1_000;
    private const int Clients = 500;
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReaderIdle = TimeSpan.FromSeconds(7);
    private static readonly Uri LivenessPage = new("/livez", UriKind.Relative);

    private readonly TimeProvider _time = TimeProvider.System;

    [Theory]
    [InlineData(HttpFloodKind.Silent)]
    [InlineData(HttpFloodKind.HalfSent)]
    [InlineData(HttpFloodKind.Slow)]
    [InlineData(HttpFloodKind.Pipelined)]
    [InlineData(HttpFloodKind.Unread)]
    [InlineData(HttpFloodKind.UnreadHealthChecks)]
    public async Task Clients_and_health_checks_of_every_address_are_answered(HttpFloodKind kind)
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new NetworkNamespace();
        var launch = new GatewayLaunch { Command = [.. network.Prefix, "dotnet", Repository.GatewayDll], Address = network.Address };
        await using var gateway = await WatchedGateway.StartAsync(launch);
        await using var clients = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients);
        clients.StartHeartbeats(TimeSpan.FromSeconds(2));
        await clients.WaitForFramesAsync(1, TimeSpan.FromSeconds(20));

        var probes = 0;
        var failed = 0;
        await using (var flood = new HttpFlood(new IPEndPoint(network.Address, launch.HttpPort), kind, Connections, network.NearAddress))
        {
            await flood.StartedAsync();
            var began = _time.GetTimestamp();
            while (_time.GetElapsedTime(began) < Span)
            {
                probes++;
                if (!await IsLiveAsync(gateway, network.SecondNearAddress)) failed++;
                await Task.Delay(TimeSpan.FromMilliseconds(500), _time, TestContext.Current.CancellationToken);
            }

            // Inside the namespace the health check comes from the gateway's own address, as in its container.
            await using var check = new ChildProcess(
                "ip",
                [.. network.Prefix.Skip(1), "dotnet", Repository.GatewayDll, "--health-check"],
                GatewayProcess.Environment(launch.TcpPort, launch.HttpPort, ("ASPNETCORE_URLS", $"http://{network.Address}:{launch.HttpPort}")));
            if (await check.ExitCodeAsync() != 0) failed++;
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{kind}: {flood.Opened} connections opened, {failed} of {probes + 1} health checks failed, slowest ping {gateway.Canary.Answers.Max().TotalMilliseconds:0} ms");
        }

        // An orchestrator restarts after three failures in a row.
        Assert.True(failed <= probes / 3, $"{failed} of {probes + 1} health checks failed.");
        clients.AssertAllOpen(ReaderIdle);
        await clients.CloseAsync();
        await gateway.AssertRecoveredAsync();
    }

    /// <summary>One health check as a kubelet sends it: on a new connection, and without another try.</summary>
    private static async Task<bool> IsLiveAsync(WatchedGateway gateway, IPAddress source)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Bind(new IPEndPoint(source, 0));
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler) { BaseAddress = gateway.Process.Http.BaseAddress, Timeout = TimeSpan.FromSeconds(4) };
        try
        {
            using var answer = await http.GetAsync(LivenessPage, TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
