using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Tls;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Tls;

/// <summary>Dates of certificates: at the start, in --check-config, at a reload and while the gateway runs.</summary>
public sealed class CertificateValidityTests : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    private ServiceOptions Options => new() { Tls = new TlsOptions { CertificateFile = _certificates.CertificateFile, KeyFile = _certificates.KeyFile } };

    [Theory]
    [InlineData(-20, -1, "expired at")]
    [InlineData(1, 20, "is not valid before")]
    public async Task A_certificate_that_no_client_would_accept_stops_the_start_and_the_check(int from, int until, string why)
    {
        _certificates.WriteServer(_certificates.MakeServer(Now.AddDays(from), Now.AddDays(until)));
        string[] arguments = [$"--Gateway:Tls:CertificateFile={_certificates.CertificateFile}", $"--Gateway:Tls:KeyFile={_certificates.KeyFile}"];
        var refusal = await Assert.ThrowsAsync<GatewayOptionsException>(() => ServiceHost.StartAsync(arguments));
        Assert.Contains($"holds the certificate 'CN=gateway', which {why}", refusal.Message, StringComparison.Ordinal);

        var check = Assert.Throws<GatewayOptionsException>(() => CheckConfigCommand.Run(GatewayHost.CreateBuilder([$"--Gateway:Tokens:Keys:0:Secret={new string('s', 20)}", .. arguments])));
        Assert.Contains(why, check.Message, StringComparison.Ordinal);
        // While it runs, other settings can still be changed.
        Assert.NotNull(GatewayConfiguration.Read(GatewayHost.CreateBuilder([$"--Gateway:Tokens:Keys:0:Secret={new string('s', 20)}", .. arguments]).Configuration, isDevelopment: false));
    }

    [Theory]
    [InlineData(-300, 15, false)]
    [InlineData(-300, 13, true)]
    [InlineData(-4, 3, false)]
    [InlineData(-5, 2, true)]
    public void A_certificate_is_warned_about_for_14_days_or_a_third_of_its_life(int from, int until, bool isWarned)
    {
        _certificates.WriteServer(_certificates.MakeServer(Now.AddDays(from), Now.AddDays(until), TestCertificates.MakeAuthority("CN=another")));
        var warnings = GatewayConfiguration.Warnings(Options, isDevelopment: true).ToList();
        if (isWarned) Assert.Contains("the certificate 'CN=gateway' expires soon, at", Assert.Single(warnings), StringComparison.Ordinal);
        else Assert.Empty(warnings);
    }

    [Fact]
    public void Authorities_of_clients_are_warned_about_too()
    {
        _certificates.WriteServer(_certificates.MakeServer(Now.AddDays(-1), Now.AddDays(30)));
        var options = Options;
        options.Tls.ClientAuthorityFile = Path.Combine(_certificates.Folder, "authorities.pem");
        string[] authorities = [TestCertificates.MakeRsa(TestCertificates.MakeRsaAuthority(), 1024, System.Security.Cryptography.HashAlgorithmName.SHA256).ExportCertificatePem(), _certificates.Authority.ExportCertificatePem()];
        File.WriteAllText(options.Tls.ClientAuthorityFile, string.Join('\n', authorities));
        var warnings = GatewayConfiguration.Warnings(options, isDevelopment: true).ToList();
        Assert.Equal(2, warnings.Count);
        Assert.Contains("expires soon", warnings[0], StringComparison.Ordinal);
        Assert.Contains("has an RSA key of 1024 bits", warnings[1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_expired_certificate_replaces_no_other_and_one_of_tomorrow_is_used_from_tomorrow()
    {
        var time = new TestClock(Now);
        var logs = new FakeLogger<CertificateStore>();
        var good = _certificates.WriteServer(_certificates.MakeServer(Now.AddDays(-1), Now.AddDays(29)));
        using var store = new CertificateStore(Options, time, logs);

        _certificates.WriteServer(_certificates.MakeServer(Now.AddDays(-20), Now.AddDays(-1)));
        time.Advance(CertificateStore.Interval);
        time.Advance(CertificateStore.Interval);
        Assert.Equal(good.Thumbprint, store.Current.Certificate.TargetCertificate.Thumbprint);
        Assert.Contains("which expired at", Assert.Single(logs.Collector.GetSnapshot(), l => l.Id.Name == "CertificatesRefused").Message, StringComparison.Ordinal);

        var next = _certificates.WriteServer(_certificates.MakeServer(Now.AddHours(1), Now.AddDays(20)));
        time.Advance(CertificateStore.Interval);
        Assert.Equal(good.Thumbprint, store.Current.Certificate.TargetCertificate.Thumbprint);
        Assert.Contains("is not valid before", logs.Collector.GetSnapshot().Last(l => l.Id.Name == "CertificatesRefused").Message, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(next.Thumbprint, store.Current.Certificate.TargetCertificate.Thumbprint);
    }

    [Fact]
    public void A_certificate_that_runs_out_in_use_is_warned_about_once_a_day()
    {
        var time = new TestClock(Now);
        var logs = new FakeLogger<CertificateStore>();
        _certificates.WriteServer(_certificates.MakeServer(Now.AddDays(-10), Now.AddDays(15), TestCertificates.MakeAuthority("CN=another")));
        using var store = new CertificateStore(Options, time, logs);
        // A third of its 25 days.
        time.Advance(TimeSpan.FromDays(6));
        Assert.DoesNotContain(logs.Collector.GetSnapshot(), l => l.Id.Name == "CertificateWarning");
        time.Advance(TimeSpan.FromDays(1));
        Assert.Contains("expires soon", Assert.Single(logs.Collector.GetSnapshot(), l => l.Id.Name == "CertificateWarning").Message, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Single(logs.Collector.GetSnapshot(), l => l.Id.Name == "CertificateWarning");
        time.Advance(TimeSpan.FromDays(9));
        Assert.Contains("expired at", logs.Collector.GetSnapshot().Last(l => l.Id.Name == "CertificateWarning").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_dates_of_the_certificate_in_force_are_metrics()
    {
        var certificate = _certificates.WriteServer(_certificates.MakeServer(Now.AddDays(-10), Now.AddDays(15)));
        await using var host = await ServiceHost.StartAsync($"--Gateway:Tls:CertificateFile={_certificates.CertificateFile}", $"--Gateway:Tls:KeyFile={_certificates.KeyFile}");
        Assert.Equal(new DateTimeOffset(certificate.NotAfter).ToUnixTimeSeconds(), await host.MetricAsync("heartbeatgateway_tls_certificate_expiry_timestamp_seconds"));
        Assert.Equal(new DateTimeOffset(certificate.NotBefore).ToUnixTimeSeconds(), await host.MetricAsync("heartbeatgateway_tls_certificate_start_timestamp_seconds"));
    }
}
