using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Tls;

namespace HeartbeatGateway.Tests.Tls;

/// <summary>Which files of authorities admit which clients, on real handshakes.</summary>
public sealed class TrustAnchorsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly X509Certificate2 _issuer;

    public TrustAnchorsTests() => _issuer = TestCertificates.MakeIssuer("CN=issuing authority", _certificates.Authority);

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_issuing_authority_without_its_root_is_a_trust_anchor(bool presentsIssuer)
    {
        await using var host = await StartAsync(_issuer);
        await AdmitAsync(host, _certificates.MakeClient("pump-1", 1, _issuer), presentsIssuer ? [_issuer, _certificates.Authority] : null);
        // Its root is not one: neither for its own clients, nor for those of another issuer.
        var other = TestCertificates.MakeIssuer("CN=another issuer", _certificates.Authority);
        await TlsClient.FailAsync(host, _certificates, _certificates.MakeClient("pump-2"));
        await TlsClient.FailAsync(host, _certificates, _certificates.MakeClient("pump-2", 1, other), [other, _certificates.Authority]);
        await TlsClient.FailAsync(host, _certificates, _certificates.MakeClient("pump-2", -1, _issuer));
    }

    [Fact]
    public async Task A_root_admits_clients_of_its_issuers_that_present_the_chain()
    {
        await using var host = await StartAsync(_certificates.Authority);
        await AdmitAsync(host, _certificates.MakeClient("pump-1", 1, _issuer), [_issuer]);
    }

    [Fact]
    public async Task Two_authorities_of_one_subject_without_key_identifiers_both_admit_their_clients()
    {
        X509Certificate2[] authorities = [TestCertificates.MakeAuthority("CN=fleet"), TestCertificates.MakeAuthority("CN=fleet"), TestCertificates.MakeAuthority("CN=fleet")];
        await using var host = await StartAsync(authorities[0], authorities[1]);
        await AdmitAsync(host, _certificates.MakeClient("old", 1, authorities[0]));
        await AdmitAsync(host, _certificates.MakeClient("new", 1, authorities[1]));
        var issuer = TestCertificates.MakeIssuer("CN=issuer", authorities[1]);
        await AdmitAsync(host, _certificates.MakeClient("new-2", 1, issuer), [issuer]);
        await TlsClient.FailAsync(host, _certificates, _certificates.MakeClient("forged", 1, authorities[2]));
        await TlsClient.FailAsync(host, _certificates, _certificates.MakeClient("forged", 1, authorities[2]), [authorities[2]]);
    }

    [Fact]
    public async Task A_client_certificate_signs_no_other_one()
    {
        await using var host = await StartAsync(_certificates.Authority);
        var client = _certificates.MakeClient("pump-1");
        // A request that is created for an issuer that is no authority is refused by .NET, so the dates and names are made as for the gateway.
        var forged = _certificates.MakeServer(TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1), client);
        await TlsClient.FailAsync(host, _certificates, X509CertificateLoader.LoadPkcs12(forged.Export(X509ContentType.Pkcs12), null), [client]);
    }

    [Fact]
    public void A_weak_certificate_between_a_client_and_its_authority_is_refused_and_a_weak_authority_is_not()
    {
        using var key = RSA.Create(1024);
        var request = new CertificateRequest("CN=weak issuer", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        using var weak = request.Create(_certificates.Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_certificates.Authority.GetECDsaPrivateKey()!), now.AddDays(-25), now.AddDays(20), [1, 2, 3]);
        using var clientKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = new CertificateRequest("CN=pump-1", clientKey, HashAlgorithmName.SHA256)
            .Create(weak.SubjectName, X509SignatureGenerator.CreateForRSA(key, RSASignaturePadding.Pkcs1), now.AddDays(-1), now.AddDays(1), [4, 5, 6]);
        Assert.Contains("rests on one that is weak: 'CN=weak issuer' has an RSA key of 1024 bits", Judge(client, [_certificates.Authority], weak), StringComparison.Ordinal);
        // The operator has put it into the file, where the start warns about it.
        Assert.Null(Judge(client, [weak]));
    }

    private static string? Judge(X509Certificate2 client, X509Certificate2Collection authorities, params X509Certificate2[] presented)
    {
        using var chain = new X509Chain { ChainPolicy = ClientCertificateCheck.Policy(authorities) };
        chain.ChainPolicy.ExtraStore.AddRange(presented);
        chain.Build(client);
        return ClientCertificateCheck.FindFault(new TlsOptions { ClientCertificates = ClientCertificateDemand.Required }, client, chain, SslPolicyErrors.None);
    }

    private static async Task AdmitAsync(ServiceHost host, TestCertificates certificates, X509Certificate2 client, X509Certificate2Collection? issuers)
    {
        await using var stream = await TlsClient.ConnectAsync(host, certificates, client, issuers: issuers);
        await ServiceHost.PingAsync(stream);
    }

    private Task AdmitAsync(ServiceHost host, X509Certificate2 client, X509Certificate2Collection? issuers = null) =>
        AdmitAsync(host, _certificates, client, issuers);

    private Task<ServiceHost> StartAsync(params X509Certificate2[] authorities)
    {
        var file = Path.Combine(_certificates.Folder, "clients.pem");
        File.WriteAllText(file, string.Join('\n', authorities.Select(a => a.ExportCertificatePem())));
        return ServiceHost.StartAsync(
            $"--Gateway:Tls:CertificateFile={_certificates.CertificateFile}", $"--Gateway:Tls:KeyFile={_certificates.KeyFile}", "--Gateway:Tls:ClientCertificates=Required", $"--Gateway:Tls:ClientAuthorityFile={file}");
    }
}
