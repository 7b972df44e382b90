using System.Security.Cryptography;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Tests.Support;
using HeartbeatGateway.Tls;

namespace HeartbeatGateway.Tests.Tls;

/// <summary>A key file that cannot be used: the sentence says what it holds.</summary>
public sealed class PrivateKeyFaultTests : IDisposable
{
    /// <summary>From 'openssl genpkey -algorithm ed25519'; used nowhere.</summary>
    private const string Ed25519Key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIP4Ip1Ao4hjT798yxEoV/VPf8WkjdKrPZoYCZ2cV5HqT\n-----END PRIVATE KEY-----\n";

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public void Each_kind_of_key_file_is_named()
    {
        using var own = ECDsa.Create();
        own.ImportFromPem(File.ReadAllText(_certificates.KeyFile));
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
        AssertNamed(own.ExportEncryptedPkcs8PrivateKeyPem("password", parameters), "holds an encrypted key: decrypt it");
        AssertNamed("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", "holds an encrypted key: decrypt it");
        AssertNamed(Ed25519Key, "holds a key for Ed25519, which the gateway cannot use for TLS");
        AssertNamed(File.ReadAllText(_certificates.CertificateFile), "holds a certificate and no private key");
        AssertNamed(own.ExportSubjectPublicKeyInfoPem(), "holds a public key and no private key");
        AssertNamed("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "in the format of OpenSSH");
        AssertNamed("0\u0082\u0001\n\0binary", "holds no private key in PEM: convert it");
        AssertNamed(other.ExportPkcs8PrivateKeyPem(), "does not hold the private key of the certificate 'CN=gateway': certificate and key must be a pair");
        AssertNamed(rsa.ExportPkcs8PrivateKeyPem(), "does not hold the private key of the certificate 'CN=gateway': certificate and key must be a pair");
    }

    [Fact]
    public void A_chain_that_begins_with_the_issuer_is_named()
    {
        var own = File.ReadAllText(_certificates.CertificateFile);
        File.WriteAllText(_certificates.CertificateFile, $"{_certificates.Authority.ExportCertificatePem()}\n{own}\n");
        AssertNamed(File.ReadAllText(_certificates.KeyFile), "the certificate 'CN=authority of a test', which comes first, but of number 2, 'CN=gateway': the gateway's own certificate must come first");
    }

    [Fact]
    public void The_order_of_those_behind_the_first_does_not_matter()
    {
        var issuer = TestCertificates.MakeIssuer("CN=issuer", _certificates.Authority);
        var second = TestCertificates.MakeIssuer("CN=second issuer", issuer);
        var now = TimeProvider.System.GetUtcNow();
        _certificates.WriteServer(_certificates.MakeServer(now.AddDays(-1), now.AddDays(1), second));
        File.AppendAllText(_certificates.CertificateFile, $"\n{issuer.ExportCertificatePem()}\n{second.ExportCertificatePem()}\n");
        var files = TlsFiles.Load(new TlsOptions { CertificateFile = _certificates.CertificateFile, KeyFile = _certificates.KeyFile });
        Assert.Equal([second.Thumbprint, issuer.Thumbprint], files.Certificate.IntermediateCertificates.Select(c => c.Thumbprint));
    }

    private void AssertNamed(string keyPem, string sentence)
    {
        var file = Path.Combine(_certificates.Folder, "other.key");
        File.WriteAllText(file, keyPem);
        var refusal = Assert.Throws<GatewayOptionsException>(() => TlsFiles.Load(new TlsOptions { CertificateFile = _certificates.CertificateFile, KeyFile = file }));
        Assert.Contains($"Gateway:Tls:KeyFile '{file}' ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
        foreach (var line in keyPem.Split('\n').Where(l => l.Length > 20 && !l.StartsWith('-'))) Assert.DoesNotContain(line, refusal.Message, StringComparison.Ordinal);
    }
}
