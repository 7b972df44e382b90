using System.Net;
using HeartbeatGateway.Million.Measuring;
using HeartbeatGateway.Million.Transport;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace HeartbeatGateway.Million;

/// <summary>
/// The service as composed for production, with one additional endpoint in memory, behind the same handler. Its TCP endpoint is also open; the
/// liveness probe uses it.
/// </summary>
internal sealed class Service : IAsyncDisposable
{
    private const string KeyId = "k1";
    private const string Secret = "a secret for a million clients";

    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private Service(WebApplication app, MemoryListener listener, LogLines logs)
    {
        (_app, Listener, Logs) = (app, listener, logs);
        var tcp = (IPEndPoint)app.Services.GetRequiredService<GatewayTransportFactory>().Listener!.EndPoint;
        // Kestrel lists every endpoint as HTTP.
        var http = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Where(a => a.StartsWith("http://127.0.0.1:", StringComparison.Ordinal)).Select(a => new Uri(a)).Single(a => a.Port != tcp.Port);
        _http = new HttpClient { BaseAddress = http };
    }

    /// <summary>The listener to which clients in memory connect.</summary>
    public MemoryListener Listener { get; }

    public LogLines Logs { get; }

    /// <summary>The number of connections in the gateway's connection table.</summary>
    public int OpenConnections => _app.Services.GetRequiredService<GatewayEngine>().OpenConnections;

    /// <summary>The keyring of a client.</summary>
    public static TokenKeyring ClientKeyring() =>
        new(new TokenKeyringOptions { Scheme = TokenScheme.HmacSha256, Secrets = [new TokenSecret(KeyId, Secret)] }, TokenRole.Client);

    public static async Task<Service> StartAsync(Options options)
    {
        const int Backlog = 4096;
        // Connections in memory use no descriptor. The connection limit, which by default follows from descriptors, is set just above the clients.
        var builder = GatewayHost.CreateBuilder(
        [
            "--urls=http://127.0.0.1:0", "--Gateway:Tcp:Endpoint=127.0.0.1:0",
            $"--Gateway:Tokens:Keys:0:Id={KeyId}", $"--Gateway:Tokens:Keys:0:Secret={Secret}",
            $"--Gateway:Admission:MaxConnections={options.Clients + 1}", .. options.Settings,
        ]);
        var endPoint = new MemoryEndPoint(Backlog);
        builder.Services.AddSingleton<IConnectionListenerFactory, MemoryListenerFactory>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(endPoint, endpoint =>
        {
            if (options.IsBare) endpoint.UseConnectionHandler<BareHandler>();
            else endpoint.UseConnectionHandler<GatewayConnectionHandler>();
        }));
        var logs = new LogLines();
        var app = GatewayHost.Build(builder, logs);
        await app.StartAsync();
        return new Service(app, endPoint.Listener, logs);
    }

    public async Task<MetricsPage> ScrapeAsync() => MetricsPage.Parse(await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative)));

    /// <summary>True when the gateway's liveness probe reports that it answers heartbeats.</summary>
    public async Task<bool> IsLiveAsync()
    {
        using var response = await _http.GetAsync(new Uri("/livez", UriKind.Relative));
        return response.IsSuccessStatusCode;
    }

    /// <summary>Stops the service as SIGTERM does: it drains the clients over the drain time.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }
}
