using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>A root certificate and the certificates that it has signed, created for each test.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly DateTimeOffset _from = TimeProvider.System.GetUtcNow().AddDays(-1);
    private readonly DateTimeOffset _to = TimeProvider.System.GetUtcNow().AddDays(1);

    public TestCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        Root = request.CreateSelfSigned(_from, _to);
        Server = Sign("gateway.test", "1.3.6.1.5.5.7.3.1");
        Client = Sign("pump-17", "1.3.6.1.5.5.7.3.2");
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuer = new CertificateRequest("CN=test intermediate", issuerKey, HashAlgorithmName.SHA256);
        issuer.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        Intermediate = issuer.Create(Root, _from, _to, RandomNumberGenerator.GetBytes(8));
        using var issuerWithKey = Intermediate.CopyWithPrivateKey(issuerKey);
        ClientOfIntermediate = Sign("pump-18", "1.3.6.1.5.5.7.3.2", issuerWithKey);
    }

    public X509Certificate2 Intermediate { get; }

    public X509Certificate2 ClientOfIntermediate { get; }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Server { get; }

    public X509Certificate2 Client { get; }

    public void Dispose()
    {
        Root.Dispose();
        Server.Dispose();
        Client.Dispose();
        Intermediate.Dispose();
        ClientOfIntermediate.Dispose();
    }

    private X509Certificate2 Sign(string name, string usage, X509Certificate2? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        using var certificate = request.Create(issuer ?? Root, _from, _to, RandomNumberGenerator.GetBytes(8));
        using var withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
