using System.Formats.Asn1;
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
    public X509Certificate2 WriteServer() => WriteServer(Make(Authority, "CN=gateway", ServerAuthentication));

    /// <summary>Writes a certificate, which has its key, as the gateway's.</summary>
    public X509Certificate2 WriteServer(X509Certificate2 certificate)
    {
        File.WriteAllText(KeyFile, certificate.GetECDsaPrivateKey()?.ExportPkcs8PrivateKeyPem() ?? certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        return certificate;
    }

    public X509Certificate2 MakeClient(string name, int validForDays = 1, X509Certificate2? authority = null, string? issuerUrl = null) =>
        Make(authority ?? Authority, $"CN={name}", ClientAuthentication, validForDays, issuerUrl);

    /// <summary>A certificate for the gateway with dates of the test's choice.</summary>
    public X509Certificate2 MakeServer(DateTimeOffset from, DateTimeOffset until, X509Certificate2? authority = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway", key, HashAlgorithmName.SHA256);
        var issuer = authority ?? Authority;
        using var issuerKey = issuer.GetECDsaPrivateKey()!;
        return request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), from, until, RandomNumberGenerator.GetBytes(16)).CopyWithPrivateKey(key);
    }

    /// <summary>An issuing authority, signed by another one.</summary>
    public static X509Certificate2 MakeIssuer(string name, X509Certificate2 root)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.Create(root, now.AddDays(-25), now.AddDays(29), RandomNumberGenerator.GetBytes(16)).CopyWithPrivateKey(key);
    }

    public static X509Certificate2 MakeAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-30), now.AddDays(30));
    }

    /// <summary>A certificate on an RSA key, signed with a hash of the test's choice; with MD5 and SHA-1 by an authority on RSA.</summary>
    public static X509Certificate2 MakeRsa(X509Certificate2 authority, int bits, HashAlgorithmName hash)
    {
        using var key = RSA.Create(bits);
        var request = new CertificateRequest("CN=gateway", key, hash, RSASignaturePadding.Pkcs1);
        var now = TimeProvider.System.GetUtcNow();
        X509SignatureGenerator generator = authority.GetRSAPrivateKey() is { } rsa
            ? new RsaGenerator(rsa)
            : X509SignatureGenerator.CreateForECDsa(authority.GetECDsaPrivateKey()!);
        return request.Create(authority.SubjectName, generator, now.AddDays(-20), now.AddDays(1), RandomNumberGenerator.GetBytes(16)).CopyWithPrivateKey(key);
    }

    public static X509Certificate2 MakeRsaAuthority()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=authority on RSA", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-30), now.AddDays(30));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Signs with any hash; .NET's own generator refuses those that are out of use.</summary>
    private sealed class RsaGenerator(RSA key) : X509SignatureGenerator
    {
        private static readonly Dictionary<HashAlgorithmName, string> Identifiers = new()
        {
            [HashAlgorithmName.MD5] = "1.2.840.113549.1.1.4",
            [HashAlgorithmName.SHA1] = "1.2.840.113549.1.1.5",
            [HashAlgorithmName.SHA256] = "1.2.840.113549.1.1.11",
        };

        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Identifiers[hashAlgorithm]);
                writer.WriteNull();
            }

            return writer.Encode();
        }

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, hashAlgorithm, RSASignaturePadding.Pkcs1);

        protected override PublicKey BuildPublicKey() => new(key);
    }

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
