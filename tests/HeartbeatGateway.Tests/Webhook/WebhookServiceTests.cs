using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Api;
using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Webhook;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>The service with a receiver on a real socket.</summary>
public sealed class WebhookServiceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LogText _logs = new();
    private readonly TestCertificates _certificates = new();
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Faults => ["redirect", "huge body", "endless body", "closes", "closes half way", "hangs", "slow", "500"];

    public void Dispose()
    {
        _logs.Dispose();
        _certificates.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Messages_and_presence_arrive_over_tls_with_a_client_certificate()
    {
        using var client = _certificates.MakeClient("gateway-1");
        var (certificateFile, keyFile) = (_folder.File("client.pem"), _folder.File("client.key"));
        await File.WriteAllTextAsync(certificateFile, client.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(keyFile, client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        await using var receiver = await TestReceiver.StartAsync(ServerCertificate(), asksForCertificate: true);
        await using var api = await StartAsync(
            receiver, $"--Gateway:Webhook:TrustedRootsFile={_certificates.AuthorityFile}", $"--Gateway:Webhook:ClientCertificateFile={certificateFile}", $"--Gateway:Webhook:ClientKeyFile={keyFile}");
        using (var socket = await api.ConnectAsync("pump-1", "i1")) await SendAsync(socket, 0, 20);
        await UntilAsync(() => receiver.Events.Count(e => e.Type == "heartbeatgateway.message") == 20 && receiver.Events.Any(e => e.Type == "heartbeatgateway.presence.disconnected"));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), receiver.Events.Where(e => e.Type == "heartbeatgateway.message").Select(e => (string)e.Data!));
        Assert.Equal(["heartbeatgateway.presence.connected", "heartbeatgateway.presence.disconnected"], receiver.Events.Select(e => e.Type!).Where(t => t.Contains("presence", StringComparison.Ordinal)));
        Assert.All(receiver.Requests, r => Assert.Equal(("HTTP/2", "CN=gateway-1"), r));
        Assert.Equal(2, await api.Host.MetricAsync("""heartbeatgateway_webhook_presence_events_total{outcome="delivered"}"""));
        Assert.True(await api.Host.MetricAsync("heartbeatgateway_webhook_request_duration_seconds_count") > 0);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task What_a_receiver_does_wrong_loses_no_message(string fault)
    {
        await using var receiver = await TestReceiver.StartAsync();
        // Any other request has more time than a busy machine needs.
        var timeout = fault == "hangs" ? "00:00:02" : "00:00:30";
        await using var api = await StartAsync(
            receiver, "--Gateway:Webhook:Presence=false", $"--Gateway:Webhook:Timeout={timeout}", "--Gateway:Webhook:MaxResponseBytes=1000");
        receiver.Meet(Fault(fault));
        using var socket = await api.ConnectAsync("pump-1", "i1");
        await SendAsync(socket, 0, 1);
        await UntilAsync(() => Sink(api).Books.Read().Delivered == 1);
        // A status 200 counts, whatever follows it. Whether it arrives before a connection that closes behind it is for the network to decide.
        var isAccepted = fault is "huge body" or "endless body" or "slow";
        if (fault != "closes half way") Assert.True(isAccepted == (receiver.Requests.Count == 1), $"{receiver.Requests.Count} requests");
        Assert.Equal(receiver.Requests.Count - 1, receiver.Accepted.Count);
        await SendAsync(socket, 1, 1);
        await UntilAsync(() => Sink(api).Books.Read().Delivered == 2);
        Assert.True(Sink(api).Books.Read().IsBalanced);
        if (fault == "redirect") await _logs.SawAsync("WebhookFailing", "redirects are not followed");
    }

    [Fact]
    public async Task A_wrong_certificate_gets_nothing_and_what_waits_is_in_the_dead_letter_file_after_the_stop()
    {
        using var unknown = TestCertificates.MakeAuthority("CN=another authority");
        await File.WriteAllTextAsync(_folder.File("roots.pem"), unknown.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await using var receiver = await TestReceiver.StartAsync(ServerCertificate());
        var file = _folder.File("dead.jsonl");
        await using var api = await StartAsync(receiver, $"--Gateway:Webhook:TrustedRootsFile={_folder.File("roots.pem")}", $"--Gateway:Webhook:DeadLetterFile={file}", "--Gateway:Webhook:Presence=false");
        using var socket = await api.ConnectAsync("pump-1", "i1");
        await SendAsync(socket, 0, 50);
        await UntilAsync(() => Sink(api).Books.Read().Taken == 50);
        await _logs.SawAsync("WebhookFailing", "SecureConnectionError");
        Assert.NotNull(Sink(api).OldestWaiting);
        await api.Host.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.Empty(receiver.Requests);
        Assert.Equal(50, (await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken)).Length);
        var books = Sink(api).Books.Read();
        Assert.Equal((50, 0, 0), (books.Delivered, books.Waiting, books.InFlight));
        Assert.DoesNotContain("not-shown", _logs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", _logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_that_is_down_holds_a_bounded_number_of_messages_and_only_their_senders()
    {
        await using var receiver = await TestReceiver.StartAsync();
        receiver.Meet([.. Enumerable.Repeat(Fault("500"), 10_000)]);
        await using var api = await StartAsync(receiver, "--Gateway:Webhook:MaxWaitingMessages=100", "--Gateway:Webhook:Presence=false");
        using var busy = await api.ConnectAsync("pump-1", "i1");
        using var other = await api.ConnectAsync("pump-2", "i1");
        await SendAsync(busy, 0, 500);
        await UntilAsync(() => Sink(api).Books.Read().Taken == 100);
        await ServiceHost.PingAsync(other);
        await ServiceHost.PingAsync(other);
        Assert.Equal(100, Sink(api).Books.Read().Taken);
    }

    private static RequestDelegate Fault(string fault) => fault switch
    {
        "redirect" => context =>
        {
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        }
        ,
        "huge body" => context => context.Response.Body.WriteAsync(new byte[10 * 1024 * 1024], context.RequestAborted).AsTask(),
        "endless body" => async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(new byte[4096]);
        }
        ,
        "closes" => context =>
        {
            context.Abort();
            return Task.CompletedTask;
        }
        ,
        "closes half way" => async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.Body.WriteAsync(new byte[500]);
            await context.Response.Body.FlushAsync();
            context.Abort();
        }
        ,
        "hangs" => context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted),
        "slow" => _ => Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System),
        _ => context =>
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        }
        ,
    };

    private static WebhookSink Sink(ApiFixture api) => api.Host.App.Services.GetRequiredService<WebhookSink>();

    private static async Task SendAsync(Socket socket, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            await socket.SendAsync(TestSecrets.ClientKeyring().Keys[0].Named.Encode("order"u8, Encoding.UTF8.GetBytes($"{i}"), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        }
    }

    private static async Task UntilAsync(Func<bool> isTrue)
    {
        using var timeout = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!isTrue()) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, timeout.Token);
    }

    /// <summary>With the name that the receiver's URL has.</summary>
    private X509Certificate2 ServerCertificate()
    {
        using var pem = X509Certificate2.CreateFromPemFile(_certificates.CertificateFile, _certificates.KeyFile);
        // Through PKCS 12, or some platforms cannot use the key for TLS.
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    private Task<ApiFixture> StartAsync(TestReceiver receiver, params string[] settings) => ApiFixture.StartAsync(
        _logs,
        configure: null,
        ["--Gateway:Messages:Sinks:0:Kind=webhook", $"--Gateway:Webhook:Url={receiver.Url}", $"--Gateway:Webhook:Secrets:0:Secret={WebhookRig.Secret}", "--Serilog:MinimumLevel:Default=Verbose", .. settings]);
}
