using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>A receiver on a real socket. It verifies each request with the package of Standard Webhooks.</summary>
internal sealed class TestReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<RequestDelegate> _faults = new();

    private TestReceiver(WebApplication app) => _app = app;

    /// <summary>The requests that were accepted.</summary>
    public ConcurrentQueue<ReceivedRequest> Accepted { get; } = new();

    /// <summary>All requests, as protocol and client certificate.</summary>
    public ConcurrentQueue<(string Protocol, string? Client)> Requests { get; } = new();

    public Uri Url { get; private set; } = null!;

    /// <summary>The events that were accepted.</summary>
    public IEnumerable<CloudNative.CloudEvents.CloudEvent> Events => Accepted.SelectMany(r => r.Events);

    public static async Task<TestReceiver> StartAsync(X509Certificate2? certificate = null, bool asksForCertificate = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is null) return;
            listen.UseHttps(certificate, https =>
            {
                if (!asksForCertificate) return;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.AllowAnyClientCertificate();
            });
        }));
        var app = builder.Build();
        var receiver = new TestReceiver(app);
        app.Run(receiver.HandleAsync);
        await app.StartAsync();
        receiver.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/hook?token=not-shown");
        return receiver;
    }

    /// <summary>What the next requests meet, one each, before requests are accepted again.</summary>
    public void Meet(params RequestDelegate[] faults)
    {
        foreach (var fault in faults) _faults.Enqueue(fault);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        Requests.Enqueue((context.Request.Protocol, context.Connection.ClientCertificate?.Subject));
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (_faults.TryDequeue(out var fault))
        {
            await fault(context);
            return;
        }

        new StandardWebhooks.StandardWebhook(WebhookRig.Secret).Verify(Encoding.UTF8.GetString(body.ToArray()), context.Request.Headers);
        Accepted.Enqueue(new ReceivedRequest(name => context.Request.Headers[name], body.ToArray()));
    }
}
