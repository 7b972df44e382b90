namespace HeartbeatGateway.Protocol;

/// <summary>
/// Why a connection ended. The same closed set is used on the wire, as metric label, in logs, in events and in the
/// client's exception. <see cref="CloseReasons.ToWireName"/> gives the wire name.
/// </summary>
public enum CloseReason
{
    /// <summary>The connection has not ended.</summary>
    None = 0,

    /// <summary>The peer ended the stream between two frames.</summary>
    PeerClosed,

    /// <summary>The peer, or the network between, reset the connection.</summary>
    PeerReset,

    /// <summary>No byte was read for the reader-idle limit.</summary>
    ReaderIdle,

    /// <summary>No byte was read or written for the all-idle limit.</summary>
    AllIdle,

    /// <summary>No valid frame arrived within the handshake timeout.</summary>
    HandshakeTimeout,

    /// <summary>A frame was started and not completed within the frame timeout.</summary>
    FrameTimeout,

    /// <summary>The peer ended the stream inside a frame.</summary>
    Truncated,

    /// <summary>The bytes where a frame must start are not the magic number.</summary>
    BadMagic,

    /// <summary>A frame declared a negative length or a length above the limit.</summary>
    BadLength,

    /// <summary>The created field of a frame does not contain an existing date.</summary>
    BadDate,

    /// <summary>A hello was malformed, or was the second one on its connection.</summary>
    BadHello,

    /// <summary>A token did not verify, or a hello was replayed.</summary>
    TokenInvalid,

    /// <summary>A token verified, but the frame's date is outside the accepted window.</summary>
    TokenExpired,

    /// <summary>The TLS handshake failed.</summary>
    TlsFailed,

    /// <summary>A PROXY header was malformed or came from an untrusted network.</summary>
    ProxyInvalid,

    /// <summary>A newer connection with the same client id took over.</summary>
    Replaced,

    /// <summary>An operator closed the connection; the client may reconnect.</summary>
    Kicked,

    /// <summary>The client id, the token key or the address is banned, or an operator closed the connection as such; the client must not reconnect.</summary>
    Banned,

    /// <summary>The peer sent pings above the allowed rate.</summary>
    PingFlood,

    /// <summary>The peer accepted no byte of the pending output for the write timeout.</summary>
    SlowConsumer,

    /// <summary>The total number of connections is at its limit.</summary>
    LimitTotal,

    /// <summary>The number of connections from this address is at its limit.</summary>
    LimitAddress,

    /// <summary>New connections exceeded the accept rate.</summary>
    LimitRate,

    /// <summary>The process is out of file descriptors.</summary>
    LimitDescriptors,

    /// <summary>The process is at its memory limit.</summary>
    LimitMemory,

    /// <summary>The connection reached its maximum age.</summary>
    MaxAge,

    /// <summary>The gateway is draining; the client received a reconnect slot.</summary>
    Draining,

    /// <summary>The gateway is shutting down.</summary>
    Shutdown,

    /// <summary>The gateway failed internally; its log has the details.</summary>
    InternalError,

    /// <summary>
    /// A request for a WebSocket was refused, or what followed on it is no binary message of the WebSocket protocol (RFC 6455).
    /// </summary>
    WebSocketInvalid,

    /// <summary>The message sink did not take an acknowledged message in time; the client is to send it again on its next connection.</summary>
    Undelivered,

    /// <summary>The authorization service of the back end refused the client; the client must not reconnect before that changes.</summary>
    Unauthorized,
}
