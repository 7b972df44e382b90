using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Tests.Support;

/// <summary>Certificates of a test's own, in files of a folder of its own.</summary>
internal sealed class TestCertificates : IDisposable
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    public TestCertificates()
    {
        Authority = MakeAuthority("CN=authority of a test");
        File.WriteAllText(AuthorityFile, Authority.ExportCertificatePem());
        WriteServer();
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("heartbeatgateway-tls-").FullName;

    public X509Certificate2 Authority { get; }

    public string AuthorityFile => Path.Combine(Folder, "authority.pem");

    public string CertificateFile => Path.Combine(Folder, "gateway.pem");

    public string KeyFile => Path.Combine(Folder, "gateway.key");

    /// <summary>Writes a new certificate for the gateway.</summary>
    public X509Certificate2 WriteServer()
    {
        var certificate = Make(Authority, "CN=gateway", ServerAuthentication);
        File.WriteAllText(KeyFile, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        return certificate;
    }

    public X509Certificate2 MakeClient(string name, int validForDays = 1, X509Certificate2? authority = null, string? issuerUrl = null) =>
        Make(authority ?? Authority, $"CN={name}", ClientAuthentication, validForDays, issuerUrl);

    public static X509Certificate2 MakeAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-30), now.AddDays(30));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static X509Certificate2 Make(X509Certificate2 authority, string name, Oid usage, int validForDays = 1, string? issuerUrl = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([usage], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name[3..]);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        if (issuerUrl is not null) request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [issuerUrl]));
        var now = TimeProvider.System.GetUtcNow();
        var signed = request.Create(authority, now.AddDays(-20), now.AddDays(validForDays), RandomNumberGenerator.GetBytes(16));
        using var withKey = signed.CopyWithPrivateKey(key);
        // Through PKCS 12, or some platforms cannot use the key for TLS.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
