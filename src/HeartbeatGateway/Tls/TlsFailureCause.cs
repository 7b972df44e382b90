namespace HeartbeatGateway.Tls;

/// <summary>Why TLS ended a connection: the values of the label <c>cause</c> of <c>heartbeatgateway_tls_failures_total</c>.</summary>
internal enum TlsFailureCause
{
    /// <summary>The peer sent a frame without TLS.</summary>
    PlainFrame,

    /// <summary>The peer sent an HTTP request.</summary>
    Http,

    /// <summary>The peer sent a PROXY header, and its address is in no trusted network.</summary>
    ProxyHeader,

    /// <summary>The first bytes begin no TLS handshake.</summary>
    NotTls,

    /// <summary>The ClientHello is larger than <c>Gateway:Tls:MaxClientHelloBytes</c>.</summary>
    HelloTooLarge,

    /// <summary>The peer closed or reset the connection before the handshake was complete.</summary>
    Incomplete,

    /// <summary>The client supports neither TLS 1.2 nor TLS 1.3.</summary>
    ProtocolVersion,

    /// <summary>Client and gateway have no cipher suite, group or signature algorithm in common.</summary>
    NoCommonCipher,

    /// <summary>The client does not accept the gateway's certificate (RFC 8446, section 6.2: alerts 42 to 46, 48 and 113).</summary>
    ServerCertificateRejected,

    /// <summary>The client ended the handshake with another alert.</summary>
    ClientAlert,

    /// <summary>The client presented no certificate, and one is required.</summary>
    ClientCertificateMissing,

    /// <summary>The gateway does not accept the client's certificate.</summary>
    ClientCertificateRefused,

    /// <summary>The certificate of an open connection has expired, or its authority was withdrawn.</summary>
    ClientCertificateEnded,

    /// <summary>The handshake gave up its slot to a connection that waited for one (<c>Gateway:Tls:MaxHandshakes</c>).</summary>
    HandshakeSlow,

    /// <summary>The peer sent too many bytes without data: KeyUpdate, renegotiation or empty records.</summary>
    Flood,

    /// <summary>Everything else.</summary>
    Other,
}
