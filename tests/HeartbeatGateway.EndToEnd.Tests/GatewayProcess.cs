using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>The real service, started as in production: <c>dotnet HeartbeatGateway.dll</c>, configured by environment variables.</summary>
internal sealed class GatewayProcess : ChildProcess
{
    private readonly HttpClient _http;

    private GatewayProcess(GatewayLaunch launch, Dictionary<string, string?> environment)
        : base(launch.Command[0], launch.Command.Skip(1), environment, Path.GetTempPath())
    {
        Launch = launch;
        _http = new HttpClient { BaseAddress = new Uri($"http://{launch.Address}:{launch.HttpPort}"), Timeout = TimeSpan.FromSeconds(10) };
    }

    public GatewayLaunch Launch { get; }

    public int TcpPort => Launch.TcpPort;

    public int HttpPort => Launch.HttpPort;

    /// <summary>The endpoint for clients.</summary>
    public IPEndPoint EndPoint => new(Launch.Address, TcpPort);

    public HttpClient Http => _http;

    public static Dictionary<string, string?> Environment(int tcpPort, int httpPort, params (string Name, string? Value)[] settings)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["DOTNET_ENVIRONMENT"] = null,
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{httpPort}",
            ["Gateway__Tcp__Endpoint"] = $"127.0.0.1:{tcpPort}",
            // No drain unless a test sets one, so that tests do not wait for it.
            ["Gateway__Draining__Duration"] = "00:00:00",
            ["Gateway__Tokens__Keys__0__Id"] = Testing.TestSecrets.KeyId,
            ["Gateway__Tokens__Keys__0__Secret"] = Testing.TestSecrets.Secret,
        };
        foreach (var (name, value) in settings) environment[name] = value;
        return environment;
    }

    public static async Task<GatewayProcess> StartAsync(params (string Name, string? Value)[] settings) => await StartAsync(FreePort(), FreePort(), settings);

    public static Task<GatewayProcess> StartAsync(int tcpPort, int httpPort, params (string Name, string? Value)[] settings) =>
        StartAsync(new GatewayLaunch { TcpPort = tcpPort, HttpPort = httpPort }, settings);

    public static async Task<GatewayProcess> StartAsync(GatewayLaunch launch, params (string Name, string? Value)[] settings)
    {
        var environment = Environment(launch.TcpPort, launch.HttpPort,
            [("ASPNETCORE_URLS", $"http://{launch.Address}:{launch.HttpPort}"), ("Gateway__Tcp__Endpoint", $"{launch.Address}:{launch.TcpPort}"), .. settings]);
        var gateway = new GatewayProcess(launch, environment);
        try
        {
            // This text is in JSON lines and in readable lines.
            await gateway.SawAsync("accepts clients on");
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// A port that was free at the time of the call. Below the range of ephemeral ports, from which the system may give it to an outgoing connection
    /// before the gateway binds it.
    /// </summary>
    public static int FreePort()
    {
        const int First = 15_000;
        const int Last = 32_000;
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            var port = Random.Shared.Next(First, Last);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another one.
            }
        }
    }

    public Task<string> ScrapeAsync() => _http.GetStringAsync("/metrics");

    /// <summary>The value of one series, by its name with labels in Prometheus notation.</summary>
    public async Task<double> MetricAsync(string series) => Metric(await ScrapeAsync(), series);

    /// <summary>The value of one series, or the sum of those that have its labels among others.</summary>
    public static double Metric(string page, string series) => Testing.PageSeries.Sum(page, series);

    /// <summary>Scrapes until a series has a value. The gateway counts a close shortly after the peer sees it.</summary>
    public async Task<string> ReachesAsync(string series, double value, TimeSpan? within = null)
    {
        using var timeout = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(20), TimeProvider.System);
        var page = await ScrapeAsync();
        while (!Metric(page, series).Equals(value))
        {
            if (timeout.IsCancellationRequested)
                throw new TimeoutException($"{series} is {Metric(page, series)}, expected {value}.\n{string.Join('\n', Lines)}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            page = await ScrapeAsync();
        }

        return page;
    }

    /// <summary>Asserts that opened = connected + handshaking + Σ closed.</summary>
    public static void AssertBalanced(string page)
    {
        var closed = page.Split('\n').Where(l => l.StartsWith("heartbeatgateway_connections_closed_total{", StringComparison.Ordinal))
            .Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        Assert.Equal(
            Metric(page, "heartbeatgateway_connections_opened_total"),
            Metric(page, "heartbeatgateway_connected_clients") + Metric(page, "heartbeatgateway_handshaking_connections") + closed);
    }

    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await base.DisposeAsync();
    }
}
