using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Cli.Tests.Connect;

/// <summary>A client certificate below an issuing authority, in PEM format.</summary>
internal sealed class ClientPki
{
    public ClientPki()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var root = Authority("CN=root authority", rootKey).CreateSelfSigned(now.AddDays(-1), now.AddDays(3));
        using var issued = Authority("CN=issuing authority", issuerKey).Create(root, now.AddDays(-1), now.AddDays(2), [1]);
        using var issuer = issued.CopyWithPrivateKey(issuerKey);
        using var leaf = new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256).Create(issuer, now.AddDays(-1), now.AddDays(1), [2]);
        (Intermediate, Leaf) = (issuer.ExportCertificatePem(), leaf.ExportCertificatePem());
        Key = key.ExportPkcs8PrivateKeyPem();
        EncryptedKey = key.ExportEncryptedPkcs8PrivateKeyPem("password", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
    }

    public string Leaf { get; }

    public string Intermediate { get; }

    public string Key { get; }

    public string EncryptedKey { get; }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request;
    }
}
