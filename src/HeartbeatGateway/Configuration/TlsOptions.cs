namespace HeartbeatGateway.Configuration;

/// <summary>TLS on the clients' endpoint. Read once, at the start; the files behind it are read again when they change.</summary>
internal sealed class TlsOptions
{
    /// <summary>A PEM file with the gateway's certificate, and those between it and its root behind it. Without it clients connect in plain TCP.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>A PEM file with the certificate's private key, not encrypted.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Whether clients must bring certificates. Default None.</summary>
    public ClientCertificateDemand ClientCertificates { get; set; } = ClientCertificateDemand.None;

    /// <summary>
    /// A PEM file with the authorities that may have signed clients' certificates; each is a trust anchor, a root or an issuing authority alone.
    /// The system's own are not asked.
    /// </summary>
    public string? ClientAuthorityFile { get; set; }

    /// <summary>Names, one of which a client's certificate must carry (DNS name, else common name), with <c>*</c> for any characters. Empty for any.</summary>
    public IList<string> ClientNames { get; set; } = [];

    /// <summary>
    /// Whether open connections end, as <c>tls_failed</c>, when their client certificate expires or its authority is withdrawn from the file.
    /// Checked every 10 s. Default true.
    /// </summary>
    public bool RecheckClients { get; set; } = true;

    /// <summary>TLS handshakes that may be unfinished at a time; more wait. Each holds up to 173 KiB of native memory. Default 1,024. Not 0.</summary>
    public int MaxHandshakes { get; set; } = 1024;

    /// <summary>The largest ClientHello that is accepted, in bytes; a larger one ends the connection before the TLS library sees it. Default 16,384, eight times what current clients send.</summary>
    public int MaxClientHelloBytes { get; set; } = 16 * 1024;

    /// <summary>True when clients speak TLS.</summary>
    public bool IsOn() => !string.IsNullOrEmpty(CertificateFile);
}
