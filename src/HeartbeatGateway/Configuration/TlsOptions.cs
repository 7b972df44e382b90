using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Configuration;

/// <summary>TLS on the client endpoint. Read once, at the start. The files are read again when they change.</summary>
internal sealed class TlsOptions
{
    /// <summary>A PEM file with the gateway's certificate, followed by its intermediate certificates. Without it clients connect in plain TCP.</summary>
    [Displayable]
    public string? CertificateFile { get; set; }

    /// <summary>A PEM file with the certificate's private key, unencrypted.</summary>
    [Displayable]
    public string? KeyFile { get; set; }

    /// <summary>Whether clients must present certificates. Default None.</summary>
    [Displayable]
    public ClientCertificateDemand ClientCertificates { get; set; } = ClientCertificateDemand.None;

    /// <summary>
    /// A PEM file with the authorities that may sign client certificates; each is a trust anchor: a root, or an issuing authority alone.
    /// The system's trust store is not used.
    /// </summary>
    [Displayable]
    public string? ClientAuthorityFile { get; set; }

    /// <summary>
    /// Names, one of which a client's certificate must have (its DNS name, or without one its common name). <c>*</c> stands for any characters.
    /// Empty allows any name.
    /// </summary>
    [Displayable]
    public IList<string> ClientNames { get; set; } = [];

    /// <summary>
    /// Whether open connections end, as <c>tls_failed</c>, when their client certificate expires or its authority is withdrawn from the file.
    /// Checked every 10 s. Default true.
    /// </summary>
    [Displayable]
    public bool RecheckClients { get; set; } = true;

    /// <summary>The most unfinished TLS handshakes at a time; further ones wait. Each holds up to 173 KiB of native memory. Default 1,024. Not 0.</summary>
    [Displayable]
    public int MaxHandshakes { get; set; } = 1024;

    /// <summary>
    /// The largest accepted ClientHello, in bytes. A larger one closes the connection before the TLS library reads it. Default 16,384: eight
    /// times what current clients send.
    /// </summary>
    [Displayable]
    public int MaxClientHelloBytes { get; set; } = 16 * 1024;

    /// <summary>True when clients connect with TLS.</summary>
    public bool IsOn() => !string.IsNullOrEmpty(CertificateFile);
}
