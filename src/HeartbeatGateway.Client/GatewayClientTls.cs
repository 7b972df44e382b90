using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Client;

/// <summary>How a client speaks TLS. The defaults trust what the system trusts and check the endpoint's own name.</summary>
public sealed record GatewayClientTls
{
    /// <summary>The name that the gateway's certificate must hold, also sent as SNI. Null: the host name, or the IP address, of the endpoint.</summary>
    public string? ServerName { get; init; }

    /// <summary>The client's own certificate with its private key, for gateways that ask for one. Null: none. Not disposed by the client.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>The only roots that are trusted. Null: the system's. Not disposed by the client.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>Whether certificates are looked up for revocation. Default: <see cref="X509RevocationMode.NoCheck"/>, since devices often reach the gateway and nothing else.</summary>
    public X509RevocationMode RevocationMode { get; init; } = X509RevocationMode.NoCheck;
}
