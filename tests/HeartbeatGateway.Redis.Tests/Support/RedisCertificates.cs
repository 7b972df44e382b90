using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Redis.Tests.Support;

/// <summary>A private authority, and what it has signed for a server and a node, in files as redis-server reads them.</summary>
internal sealed class RedisCertificates : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("heartbeatgateway-redis-tls-");
    private readonly X509Certificate2 _authority;

    /// <param name="address">What the server's certificate is for.</param>
    /// <param name="validForDays">Below 0: it is out of date.</param>
    public RedisCertificates(IPAddress? address = null, int validForDays = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=private authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        _authority = request.CreateSelfSigned(now.AddDays(-30), now.AddDays(30));
        File.WriteAllText(PathOf("authority.pem"), _authority.ExportCertificatePem());
        // For clients too: between masters, replicas and Sentinels a server shows its certificate to others.
        using var server = Sign("redis", ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"], address ?? IPAddress.Loopback, validForDays);
        File.WriteAllText(PathOf("server.pem"), server.ExportCertificatePem());
        File.WriteAllText(PathOf("server.key"), server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var node = Sign("node-1", ["1.3.6.1.5.5.7.3.2"], IPAddress.Loopback, 1);
        File.WriteAllText(PathOf("node.pem"), node.ExportCertificatePem());
        File.WriteAllText(PathOf("node.key"), node.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        Node = SslStreamCertificateContext.Create(node, null, offline: true);
    }

    public X509Certificate2Collection Roots => [_authority];

    public SslStreamCertificateContext Node { get; }

    /// <summary>The settings of a server with the certificate.</summary>
    /// <param name="mustIdentify">It asks nodes for a certificate.</param>
    public string[] ServerSettings(bool mustIdentify) =>
        ["--tls-cert-file", PathOf("server.pem"), "--tls-key-file", PathOf("server.key"), "--tls-ca-cert-file", PathOf("authority.pem"), "--tls-auth-clients", mustIdentify ? "yes" : "no"];

    /// <summary>The options by which redis-cli reaches it.</summary>
    public string[] CliOptions => ["--tls", "--cacert", PathOf("authority.pem"), "--cert", PathOf("node.pem"), "--key", PathOf("node.key")];

    public void Dispose()
    {
        _authority.Dispose();
        Node.TargetCertificate.Dispose();
        _folder.Delete(recursive: true);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private X509Certificate2 Sign(string name, string[] usages, IPAddress address, int validForDays)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. usages.Select(u => new Oid(u))], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.Create(_authority, now.AddDays(-20), now.AddDays(validForDays), RandomNumberGenerator.GetBytes(16)).CopyWithPrivateKey(key);
    }
}
