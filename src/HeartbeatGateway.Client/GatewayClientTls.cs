using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Client;

/// <summary>The TLS settings of a client. By default it trusts the system's roots and checks the host name of the endpoint.</summary>
public sealed record GatewayClientTls
{
    /// <summary>
    /// The name that the gateway's certificate must contain; also sent as SNI. Null: the host name, or the IP address, of the endpoint.
    /// </summary>
    public string? ServerName { get; init; }

    /// <summary>
    /// The client certificate with its private key, for gateways that request one. Null: none. Not disposed by the client.
    /// </summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>
    /// The intermediate certificates between <see cref="ClientCertificate"/> and the root that the gateway trusts. They are sent with it. Null:
    /// none, except those that the system's stores contain. Not disposed by the client.
    /// </summary>
    public X509Certificate2Collection? ClientIntermediates { get; init; }

    /// <summary>
    /// Returns the client certificate with its private key, and its intermediates, in any order; called before each TLS handshake, so that a
    /// certificate can be renewed without a new client. The first certificate with a private key is the client's. Null (default):
    /// <see cref="ClientCertificate"/>. An exception, or a collection without a private key, fails the attempt as
    /// <see cref="DisconnectKind.TlsFailed"/>. Not disposed by the client.
    /// </summary>
    public Func<X509Certificate2Collection>? ClientCertificateSource { get; init; }

    /// <summary>The only trusted root certificates. Null: the system's roots. Not disposed by the client.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>
    /// Whether certificates are checked for revocation. Default: <see cref="X509RevocationMode.NoCheck"/>, because many devices can reach the
    /// gateway and nothing else.
    /// </summary>
    public X509RevocationMode RevocationMode { get; init; } = X509RevocationMode.NoCheck;
}
