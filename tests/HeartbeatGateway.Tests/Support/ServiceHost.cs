using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Server;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Tests.Support;

/// <summary>The complete service in the test's process, on free ports.</summary>
internal sealed class ServiceHost : IAsyncDisposable
{
    private ServiceHost(WebApplication app)
    {
        App = app;
        var tcp = (IPEndPoint)app.Services.GetRequiredService<GatewayTransportFactory>().Listener!.EndPoint;
        TcpPort = tcp.Port;
        WebSocketPort = (app.Services.GetRequiredService<GatewayTransportFactory>().WebSocketListener?.EndPoint as IPEndPoint)?.Port;
        var http = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(a => int.Parse(a[(a.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture)).Single(p => p != tcp.Port && p != WebSocketPort);
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
    }

    public WebApplication App { get; }

    public HttpClient Http { get; }

    public int TcpPort { get; }

    /// <summary>Null without such an endpoint.</summary>
    public int? WebSocketPort { get; }

    public GatewayEngine Engine => App.Services.GetRequiredService<GatewayEngine>();

    public static Task<ServiceHost> StartAsync(params string[] settings) => StartAsync(settings, logs: null);

    public static async Task<ServiceHost> StartAsync(string[] settings, LogText? logs, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = GatewayHost.CreateBuilder(
            ["--urls=http://127.0.0.1:0", "--Gateway:Tcp:Endpoint=127.0.0.1:0", $"--Gateway:Tokens:Keys:0:Secret={TestSecrets.Secret}", "--Serilog:MinimumLevel:Default=Fatal", "--Gateway:Draining:Duration=00:00:00", .. settings]);
        configure?.Invoke(builder);
        var app = GatewayHost.Build(builder, logs);
        await app.StartAsync();
        return new ServiceHost(app);
    }

    /// <summary>Sends a ping and reads its answer.</summary>
    public static async Task PingAsync(Stream client)
    {
        await client.WriteAsync(TestSecrets.ClientKeyring().Keys[0].Named.Ping(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        await client.ReadExactlyAsync(new byte[158]);
    }

    /// <inheritdoc cref="PingAsync(Stream)"/>
    public static async Task PingAsync(Socket client)
    {
        await using var stream = new NetworkStream(client);
        await PingAsync(stream);
    }

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, TcpPort);
        return socket;
    }

    public async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var response = await Http.GetAsync(new Uri(path, UriKind.Relative));
        return response.StatusCode;
    }

    /// <summary>The value of one series of a scrape, or the sum of those that have its labels among others.</summary>
    public async Task<double> MetricAsync(string series) => PageSeries.Sum(await Http.GetStringAsync("/metrics"), series);

    /// <summary>Scrapes until a series has a value: the gateway counts a closed connection a moment after the peer sees its end.</summary>
    public async Task ReachesAsync(string series, double value)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while (!(await MetricAsync(series)).Equals(value)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, timeout.Token);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.DisposeAsync();
    }
}
