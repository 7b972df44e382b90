using System.Diagnostics.Metrics;
using System.Net.Sockets;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Tests.Tls;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>No message is lost that a client wrote before it had read the close frame of a planned close. On real sockets, also over TLS.</summary>
public sealed class PlannedCloseTests : IDisposable
{
    private const string Accepted = "heartbeatgateway.messages";
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task At_the_maximum_age(bool isTls, bool isInline)
    {
        await using var host = await StartAsync(isTls, $"--Gateway:Tcp:InlineScheduling={isInline}", "--Gateway:Draining:MaxConnectionAge=00:00:00.200");
        using var metrics = new MetricReader(host.App.Services.GetRequiredService<IMeterFactory>());
        var sent = 0;
        for (var round = 0; round < 8; round++)
        {
            await using var stream = await ConnectAsync(host, isTls);
            var (count, reason) = await NumberingClient.RunAsync(stream, "pump-17");
            Assert.Equal(CloseReason.MaxAge, reason);
            sent += count;
        }

        await host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"max_age\"}", 8);
        Assert.Equal(sent, metrics.Read(Accepted, ("outcome", "accepted")));
        Assert.Equal(0, metrics.Read(Accepted, ("outcome", "abandoned")));
    }

    [Theory]
    [InlineData(false, 1.0)]
    [InlineData(false, 0.0)]
    [InlineData(true, 1.0)]
    public async Task When_the_gateway_stops(bool isTls, double drainSeconds)
    {
        const int Clients = 8;
        await using var host = await StartAsync(isTls, $"--Gateway:Draining:Duration={TimeSpan.FromSeconds(drainSeconds):c}");
        using var metrics = new MetricReader(host.App.Services.GetRequiredService<IMeterFactory>());
        var welcomed = Enumerable.Range(0, Clients).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var streams = new List<Stream>();
        for (var i = 0; i < Clients; i++) streams.Add(await ConnectAsync(host, isTls));
        var clients = streams.Select((stream, i) => Task.Run(() => NumberingClient.RunAsync(stream, $"pump-{i}", welcomed[i]))).ToArray();
        await Task.WhenAll(welcomed.Select(w => w.Task)).WaitAsync(MaxWait, TimeProvider.System, TestContext.Current.CancellationToken);
        await host.App.StopAsync(TestContext.Current.CancellationToken).WaitAsync(MaxWait, TimeProvider.System, TestContext.Current.CancellationToken);
        var results = await Task.WhenAll(clients).WaitAsync(MaxWait, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.All(results, result => Assert.Contains(result.Reason, (CloseReason?[])[CloseReason.Draining, CloseReason.Shutdown]));
        Assert.Equal(results.Sum(r => r.Sent), metrics.Read(Accepted, ("outcome", "accepted")));
        foreach (var stream in streams) await stream.DisposeAsync();
    }

    private async Task<Stream> ConnectAsync(ServiceHost host, bool isTls) =>
        isTls ? await TlsClient.ConnectAsync(host, _certificates, certificate: null) : new NetworkStream(await host.ConnectAsync(), ownsSocket: true);

    private Task<ServiceHost> StartAsync(bool isTls, params string[] settings) => ServiceHost.StartAsync(isTls
        ? [.. settings, $"--Gateway:Tls:CertificateFile={_certificates.CertificateFile}", $"--Gateway:Tls:KeyFile={_certificates.KeyFile}"]
        : settings);
}
