namespace HeartbeatGateway.Server.Transports;

/// <summary>What connections come in by.</summary>
public enum TransportKind : byte
{
    /// <summary>Frames on a TCP connection, with TLS or without. Also any transport that does not say what it is.</summary>
    Tcp,

    /// <summary>Frames in the binary messages of a WebSocket (RFC 6455).</summary>
    WebSocket,
}
