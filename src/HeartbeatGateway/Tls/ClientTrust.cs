using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Tls;

/// <summary>
/// What the certificate of a connected client rests on: small, since there is one for each client with a certificate. An authority is known by
/// its name and key, so that one that was renewed with the same key is still the same.
/// </summary>
internal sealed class ClientTrust
{
    private readonly UInt128[] _issuers;

    private ClientTrust(DateTimeOffset expiresAt, UInt128[] issuers, string? weakIssuer) =>
        (ExpiresAt, _issuers, WeakIssuer) = (expiresAt, issuers, weakIssuer);

    /// <summary>When the client's certificate, or one between it and its authority, expires.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>What is weak about a certificate between the client's and its authority; null when nothing is.</summary>
    public string? WeakIssuer { get; }

    /// <param name="path">The client's certificate first.</param>
    /// <param name="anchor">Which of the path is the authority; 0 when the client's own certificate is in the file of authorities.</param>
    public static ClientTrust Of(IReadOnlyList<X509Certificate2> path, int anchor)
    {
        // A trust anchor that expires is found by the warnings about the file; its clients keep their connections until it is withdrawn.
        var expiresAt = path.Take(Math.Max(anchor, 1)).Min(c => new DateTimeOffset(c.NotAfter));
        var weak = path.Take(anchor).Skip(1).Select(c => WeakCertificate.FindFault(c) is { } fault ? $"'{c.Subject}' {fault}" : null).FirstOrDefault(f => f is not null);
        return new ClientTrust(expiresAt, [.. path.Skip(anchor == 0 ? 0 : 1).Select(Identify)], weak);
    }

    /// <summary>Names of authorities, to be compared with those that clients rest on.</summary>
    public static HashSet<UInt128> IdentifyAll(X509Certificate2Collection authorities) => [.. authorities.Select(Identify)];

    /// <summary>True while one of the authorities above the client's certificate is trusted.</summary>
    public bool RestsOn(HashSet<UInt128> authorities) => Array.Exists(_issuers, authorities.Contains);

    /// <summary>Half of a SHA-256 over subject and public key: 128 bits, which makes a second key with the same value infeasible.</summary>
    private static UInt128 Identify(X509Certificate2 certificate)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. certificate.SubjectName.RawData, .. certificate.PublicKey.ExportSubjectPublicKeyInfo()], hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
