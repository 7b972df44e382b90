using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Transports;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeartbeatGateway.Tests.Tls;

/// <summary>Open connections whose certificate expires, or whose authority is withdrawn.</summary>
public sealed class ClientCertificateWatchTests : IDisposable
{
    private static readonly ConnectionId Id = new(1, 1);
    private readonly TestClock _time = new(TimeProvider.System.GetUtcNow());
    private readonly TestCertificates _certificates = new();
    private readonly List<ConnectionId> _closed = [];

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public void A_connection_ends_when_its_certificate_expires_and_not_before()
    {
        _certificates.WriteServer(_certificates.MakeServer(_time.GetUtcNow().AddDays(-1), _time.GetUtcNow().AddDays(20)));
        var certificate = _certificates.MakeClient("pump-1");
        using var store = Store();
        using var watch = Watch(store, recheck: true);
        var connection = new DefaultConnectionContext();
        watch.Add(Id, ClientTrust.Of([certificate, _certificates.Authority], 1), connection);
        _time.Advance(new DateTimeOffset(certificate.NotAfter) - _time.GetUtcNow() - TimeSpan.FromSeconds(1));
        Assert.Empty(_closed);
        _time.Advance(ClientCertificateWatch.Interval);
        Assert.Equal([Id], _closed);
        Assert.Contains("its client certificate expired at", connection.Features.Get<IHandshakeFaultFeature>()!.Fault, StringComparison.Ordinal);
        Assert.Equal(0, watch.Count);
    }

    [Fact]
    public void A_connection_ends_when_its_authority_is_withdrawn_and_stays_when_it_is_renewed_with_its_key()
    {
        var issuer = TestCertificates.MakeIssuer("CN=issuer", _certificates.Authority);
        var certificate = _certificates.MakeClient("pump-1", 1, issuer);
        using var store = Store();
        using var watch = Watch(store, recheck: true);
        var connection = new DefaultConnectionContext();
        watch.Add(Id, ClientTrust.Of([certificate, issuer, _certificates.Authority], 2), connection);

        // The same name and key, other dates; then only the issuer in between; then another authority of that name.
        WriteAuthority(Renew(_certificates.Authority));
        Pass();
        WriteAuthority(issuer);
        Pass();
        Assert.Empty(_closed);
        WriteAuthority(TestCertificates.MakeAuthority("CN=issuer"));
        Pass();
        Assert.Equal([Id], _closed);
        Assert.Contains("no longer in Gateway:Tls:ClientAuthorityFile", connection.Features.Get<IHandshakeFaultFeature>()!.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void With_the_option_off_nothing_is_watched()
    {
        using var store = Store();
        using var watch = Watch(store, recheck: false);
        watch.Add(Id, ClientTrust.Of([_certificates.MakeClient("pump-1"), _certificates.Authority], 1), new DefaultConnectionContext());
        Assert.Equal(0, watch.Count);
        WriteAuthority(TestCertificates.MakeAuthority("CN=another"));
        Pass();
        Assert.Empty(_closed);
    }

    [Fact]
    public async Task A_connected_client_is_closed_as_tls_failed_and_the_counter_says_why()
    {
        await using var host = await ServiceHost.StartAsync(
            $"--Gateway:Tls:CertificateFile={_certificates.CertificateFile}", $"--Gateway:Tls:KeyFile={_certificates.KeyFile}", "--Gateway:Tls:ClientCertificates=Required",
            $"--Gateway:Tls:ClientAuthorityFile={_certificates.AuthorityFile}", "--Gateway:Heartbeat:ReaderIdle=00:01:00");
        var certificate = _certificates.MakeClient("pump-1");
        await using var client = await TlsClient.ConnectAsync(host, _certificates, certificate);
        await ServiceHost.PingAsync(client);
        await using var gone = await TlsClient.ConnectAsync(host, _certificates, _certificates.MakeClient("pump-2"));
        await ServiceHost.PingAsync(gone);
        var watch = host.App.Services.GetRequiredService<ClientCertificateWatch>();
        Assert.Equal(2, watch.Count);
        await gone.DisposeAsync();
        await host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"peer_closed\"}", 1);
        Assert.Equal(1, watch.Count);

        WriteAuthority(TestCertificates.MakeAuthority("CN=another"));
        Assert.Equal(0, await client.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        await host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"tls_failed\"}", 1);
        await host.ReachesAsync("heartbeatgateway_tls_failures_total{cause=\"client_certificate_ended\"}", 1);
        await TlsClient.FailAsync(host, _certificates, certificate);
        await host.ReachesAsync("heartbeatgateway_tls_failures_total{cause=\"client_certificate_refused\"}", 1);
    }

    private static X509Certificate2 Renew(X509Certificate2 authority)
    {
        using var key = authority.GetECDsaPrivateKey()!;
        var request = new CertificateRequest(authority.SubjectName, key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(300));
    }

    private void Pass() => _time.Advance(CertificateStore.Interval + ClientCertificateWatch.Interval);

    private void WriteAuthority(X509Certificate2 authority) => File.WriteAllText(_certificates.AuthorityFile, authority.ExportCertificatePem());

    private CertificateStore Store() => new(
        new ServiceOptions { Tls = Options(recheck: true) }, _time, NullLogger<CertificateStore>.Instance);

    private ClientCertificateWatch Watch(CertificateStore store, bool recheck) => new(
        Options(recheck), store, id =>
        {
            _closed.Add(id);
            return true;
        },
        _time, NullLogger.Instance);

    private TlsOptions Options(bool recheck) => new()
    {
        CertificateFile = _certificates.CertificateFile,
        KeyFile = _certificates.KeyFile,
        ClientAuthorityFile = _certificates.AuthorityFile,
        ClientCertificates = ClientCertificateDemand.Required,
        RecheckClients = recheck,
    };
}
