using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Tls;

/// <summary>TLS on the clients' endpoint, on real sockets.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Answers_a_client_over_tls_and_ends_with_close_notify()
    {
        await using var host = await StartAsync();
        await using var client = await ConnectAsync(host);
        await ServiceHost.PingAsync(client);
        Assert.Equal(1, await host.MetricAsync("heartbeatgateway_connected_clients"));
        Assert.Equal(HttpStatusCode.OK, await host.StatusAsync("/livez"));
        Assert.Equal(1, await host.MetricAsync("heartbeatgateway_connections_opened_total"));

        var stopping = host.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await client.ReadAsync(new byte[1]));
        await stopping;
    }

    [Fact]
    public async Task A_peer_without_tls_ends_as_tls_failed_and_a_silent_one_as_handshake_timeout()
    {
        await using var host = await StartAsync("--Gateway:Admission:HandshakeTimeout=00:00:02");
        using var plain = await host.ConnectAsync();
        await plain.SendAsync("PING\r\n\r\n a client without TLS, and then some bytes more"u8.ToArray());
        await host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"tls_failed\"}", 1);

        using var mute = await host.ConnectAsync();
        await host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"handshake_timeout\"}", 1);
        Assert.Equal(1, await host.MetricAsync("heartbeatgateway_timeouts_total{kind=\"handshake\"}"));
        Assert.Equal(0, host.Engine.OpenConnections);
        Assert.Equal(2, await host.MetricAsync("heartbeatgateway_connections_opened_total"));
    }

    [Fact]
    public async Task An_unfinished_handshake_ends_as_handshake_timeout()
    {
        await using var host = await StartAsync("--Gateway:Admission:HandshakeTimeout=00:00:01");
        using var client = await host.ConnectAsync();
        // Not at once: as over a long way, the bytes come well after the connection was accepted.
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, TestContext.Current.CancellationToken);
        await client.SendAsync(new byte[] { 0x16, 0x03, 0x01 });
        await host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"handshake_timeout\"}", 1);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_does_not_make_the_gateway_fetch_anything()
    {
        using var web = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        web.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        web.Listen();
        await using var host = await StartMutualAsync();
        var certificate = _certificates.MakeClient("pump-1", 1, TestCertificates.MakeAuthority("CN=another authority"), $"http://127.0.0.1:{((IPEndPoint)web.LocalEndPoint!).Port}/issuer.cer");
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var client = await ConnectAsync(host, certificate);
            await ServiceHost.PingAsync(client);
        });
        Assert.False(web.Poll(0, SelectMode.SelectRead), "The gateway asked the address that the client's certificate names.");
    }

    [Theory]
    [InlineData("h2")]
    [InlineData("http/1.1")]
    [InlineData("mqtt")]
    public async Task No_application_protocol_is_offered_and_any_list_of_a_client_is_accepted(string protocol)
    {
        await using var host = await StartAsync();
        await using var client = await ConnectAsync(host, protocol: protocol);
        await ServiceHost.PingAsync(client);
        Assert.Equal(default, client.NegotiatedApplicationProtocol);
    }

    [Theory]
    [InlineData("has an RSA key of 1024 bits, but must have at least 2048", 1024, "SHA256")]
    [InlineData("is signed with sha1RSA", 2048, "SHA1")]
    [InlineData("is signed with md5RSA", 2048, "MD5")]
    public void A_weak_certificate_of_the_gateway_is_refused_at_the_start(string fault, int bits, string hash)
    {
        _certificates.WriteServer(TestCertificates.MakeRsa(TestCertificates.MakeRsaAuthority(), bits, new HashAlgorithmName(hash)));
        var refusal = Assert.Throws<GatewayOptionsException>(() => TlsFiles.Load(new TlsOptions { CertificateFile = _certificates.CertificateFile, KeyFile = _certificates.KeyFile }));
        Assert.Contains(fault, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Gateway:Tls:CertificateFile", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_strong_rsa_certificate_is_used()
    {
        _certificates.WriteServer(TestCertificates.MakeRsa(_certificates.Authority, 2048, HashAlgorithmName.SHA256));
        Assert.Null(WeakCertificate.FindFault(TlsFiles.Load(new TlsOptions { CertificateFile = _certificates.CertificateFile, KeyFile = _certificates.KeyFile }).Certificate.TargetCertificate));
    }

    [Fact]
    public void A_weak_certificate_of_a_client_is_refused_by_name()
    {
        var options = new TlsOptions { ClientCertificates = ClientCertificateDemand.Required };
        using var weak = TestCertificates.MakeRsa(_certificates.Authority, 1024, HashAlgorithmName.SHA256);
        Assert.Contains("has an RSA key of 1024 bits", ClientCertificateCheck.FindFault(options, weak, chain: null, SslPolicyErrors.None), StringComparison.Ordinal);
    }

    [Fact]
    public void Unchanged_files_are_read_and_not_parsed_again()
    {
        var options = new TlsOptions { CertificateFile = _certificates.CertificateFile, KeyFile = _certificates.KeyFile };
        var files = TlsFiles.Load(options);
        Assert.Same(files, TlsFiles.Load(options, files));
        _certificates.WriteServer();
        Assert.NotSame(files, TlsFiles.Load(options, files));
    }

    [Fact]
    public async Task Limits_hold_before_tls()
    {
        await using var host = await StartAsync("--Gateway:Admission:MaxConnections=1");
        await using var first = await ConnectAsync(host);
        await ServiceHost.PingAsync(first);
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(host));
        Assert.True(refusal is IOException or SocketException, $"{refusal}");
        Assert.Equal(1, await host.MetricAsync("heartbeatgateway_connections_rejected_total{reason=\"limit_total\"}"));
        Assert.Equal(0, await host.MetricAsync("heartbeatgateway_connections_closed_total{reason=\"tls_failed\"}"));
    }

    [Fact]
    public async Task A_silent_client_is_closed_at_its_idle_timeout_as_without_tls()
    {
        await using var host = await StartAsync("--Gateway:Heartbeat:ReaderIdle=00:00:02");
        await using var client = await ConnectAsync(host);
        // Taken before the last byte is sent, so the gateway cannot have received it earlier.
        var began = TimeProvider.System.GetTimestamp();
        await ServiceHost.PingAsync(client);
        Assert.Equal(0, await client.ReadAsync(new byte[1]));
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 2, 6.5);
        await host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"reader_idle\"}", 1);
    }

    [Fact]
    public async Task Accepts_a_client_with_a_valid_certificate()
    {
        await using var host = await StartMutualAsync();
        await using var client = await ConnectAsync(host, _certificates.MakeClient("pump-17"));
        await ServiceHost.PingAsync(client);
        // The probe enters behind TLS: it has no certificate, and needs none.
        Assert.Equal(HttpStatusCode.OK, await host.StatusAsync("/livez"));
    }

    public static TheoryData<string, Func<TestCertificatesAccess, X509Certificate2?>> BadCertificates => new()
    {
        { "no certificate", _ => null },
        { "has expired", c => c.Client("pump-17", -1) },
        { "PartialChain", c => c.OfAnotherAuthority("pump-17") },
        { "none of the names", c => c.Client("valve-1", 1) },
    };

    [Theory]
    [MemberData(nameof(BadCertificates), DisableDiscoveryEnumeration = true)]
    public async Task Refuses_a_client_without_a_valid_certificate_and_logs_why(string why, Func<TestCertificatesAccess, X509Certificate2?> make)
    {
        await using var logs = new LogText();
        await using var host = await StartMutualAsync(logs);
        // TLS 1.3 lets the client finish before the gateway has looked at its certificate.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var client = await ConnectAsync(host, make(new TestCertificatesAccess(_certificates)));
            await ServiceHost.PingAsync(client);
        });
        await host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"tls_failed\"}", 1);
        await logs.SawAsync("TLS handshake", why);
        Assert.Equal(0, await host.MetricAsync("heartbeatgateway_connected_clients"));
    }

    [Fact]
    public async Task A_renewed_certificate_is_used_without_restart_and_a_broken_one_is_not()
    {
        var before = X509CertificateLoader.LoadCertificateFromFile(_certificates.CertificateFile).Thumbprint;
        var time = new TestClock(TimeProvider.System.GetUtcNow());
        var logs = new FakeLogger<CertificateStore>();
        var options = new ServiceOptions { Tls = new TlsOptions { CertificateFile = _certificates.CertificateFile, KeyFile = _certificates.KeyFile } };
        using var store = new CertificateStore(options, time, logs);
        Assert.Equal(before, store.Current.Certificate.TargetCertificate.Thumbprint);

        // Half of a renewal: the certificate is new, the key is not yet.
        var key = await File.ReadAllTextAsync(_certificates.KeyFile, TestContext.Current.CancellationToken);
        var renewed = _certificates.WriteServer();
        var newKey = await File.ReadAllTextAsync(_certificates.KeyFile, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_certificates.KeyFile, key, TestContext.Current.CancellationToken);
        time.Advance(CertificateStore.Interval);
        time.Advance(CertificateStore.Interval);
        Assert.Equal(before, store.Current.Certificate.TargetCertificate.Thumbprint);
        Assert.Contains("Gateway:Tls:KeyFile", Assert.Single(logs.Collector.GetSnapshot(), l => l.Id.Name == "CertificatesRefused").Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(_certificates.KeyFile, newKey, TestContext.Current.CancellationToken);
        time.Advance(CertificateStore.Interval);
        Assert.Equal(renewed.Thumbprint, store.Current.Certificate.TargetCertificate.Thumbprint);
    }

    [Fact]
    public async Task Open_connections_stay_when_the_certificate_is_renewed_and_new_ones_get_it()
    {
        await using var host = await StartAsync();
        await using var old = await ConnectAsync(host);
        await ServiceHost.PingAsync(old);
        var renewed = _certificates.WriteServer();
        var store = host.App.Services.GetRequiredService<CertificateStore>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (store.Current.Certificate.TargetCertificate.Thumbprint != renewed.Thumbprint) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        await ServiceHost.PingAsync(old);
        await using var fresh = await ConnectAsync(host);
        Assert.Equal(renewed.Thumbprint, new X509Certificate2(fresh.RemoteCertificate!).Thumbprint);
    }

    [Theory]
    [InlineData("--Gateway:Tls:KeyFile=x", "Gateway:Tls:CertificateFile is missing")]
    [InlineData("--Gateway:Tls:CertificateFile={certificate}", "Gateway:Tls:KeyFile is missing")]
    [InlineData("--Gateway:Tls:CertificateFile={certificate} --Gateway:Tls:KeyFile=/nowhere", "Gateway:Tls:KeyFile '/nowhere' cannot be read")]
    [InlineData("--Gateway:Tls:CertificateFile={key} --Gateway:Tls:KeyFile={key}", "holds no certificate in PEM")]
    [InlineData("--Gateway:Tls:CertificateFile={authority} --Gateway:Tls:KeyFile={key}", "does not hold the private key of the certificate")]
    [InlineData("--Gateway:Tls:CertificateFile={certificate} --Gateway:Tls:KeyFile={key} --Gateway:Tls:ClientCertificates=Required", "Gateway:Tls:ClientAuthorityFile is missing")]
    [InlineData("--Gateway:Tls:CertificateFile={certificate} --Gateway:Tls:KeyFile={key} --Gateway:Tls:ClientNames:0=a?b", "Gateway:Tls:ClientNames holds 'a?b'")]
    public async Task Unusable_files_stop_the_start_and_name_their_key(string arguments, string sentence)
    {
        var filled = arguments.Replace("{certificate}", _certificates.CertificateFile, StringComparison.Ordinal)
            .Replace("{key}", _certificates.KeyFile, StringComparison.Ordinal).Replace("{authority}", _certificates.AuthorityFile, StringComparison.Ordinal);
        var refusal = await Assert.ThrowsAsync<GatewayOptionsException>(() => ServiceHost.StartAsync(filled.Split(' ')));
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
    }

    private Task<ServiceHost> StartAsync(params string[] settings) =>
        ServiceHost.StartAsync([$"--Gateway:Tls:CertificateFile={_certificates.CertificateFile}", $"--Gateway:Tls:KeyFile={_certificates.KeyFile}", .. settings]);

    private Task<ServiceHost> StartMutualAsync(LogText? logs = null) => ServiceHost.StartAsync(
        [
            $"--Gateway:Tls:CertificateFile={_certificates.CertificateFile}", $"--Gateway:Tls:KeyFile={_certificates.KeyFile}", "--Gateway:Tls:ClientCertificates=Required",
            $"--Gateway:Tls:ClientAuthorityFile={_certificates.AuthorityFile}", "--Gateway:Tls:ClientNames:0=pump-*", "--Serilog:MinimumLevel:Default=Information",
        ],
        logs);

    private async Task<SslStream> ConnectAsync(ServiceHost host, X509Certificate2? certificate = null, string? protocol = null)
    {
        var socket = await host.ConnectAsync();
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "gateway",
                ApplicationProtocols = protocol is null ? null : [new SslApplicationProtocol(protocol)],
                // Offline: the client must not fetch an issuer either, or the test could not tell which side did.
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
                EnabledSslProtocols = SslProtocols.Tls13,
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { _certificates.Authority } },
            });
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the rows of a theory may make; they are made before the test has its own certificates.</summary>
    public sealed class TestCertificatesAccess
    {
        private readonly TestCertificates _own;

        internal TestCertificatesAccess(TestCertificates own) => _own = own;

        public X509Certificate2 Client(string name, int validForDays) => _own.MakeClient(name, validForDays);

        public X509Certificate2 OfAnotherAuthority(string name) => _own.MakeClient(name, 1, TestCertificates.MakeAuthority("CN=another authority"));
    }
}
