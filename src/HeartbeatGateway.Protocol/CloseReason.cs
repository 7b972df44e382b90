namespace HeartbeatGateway.Protocol;

/// <summary>
/// Why a connection ended. One closed set, used alike on the wire, as metric label, in logs, in events and in the
/// client's exception; see <see cref="CloseReasons.ToWireName"/> for the spelling.
/// </summary>
public enum CloseReason
{
    /// <summary>The connection has not ended.</summary>
    None = 0,

    /// <summary>The peer said goodbye: end of stream between two frames.</summary>
    PeerClosed,

    /// <summary>The peer, or the network for it, reset the connection.</summary>
    PeerReset,

    /// <summary>Nothing was read for the reader-idle limit.</summary>
    ReaderIdle,

    /// <summary>Nothing was read or written for the all-idle limit.</summary>
    AllIdle,

    /// <summary>No valid frame came within the handshake timeout.</summary>
    HandshakeTimeout,

    /// <summary>A frame was begun and not completed in its time.</summary>
    FrameTimeout,

    /// <summary>End of stream inside a frame.</summary>
    Truncated,

    /// <summary>Bytes other than the magic number stood where a frame must start.</summary>
    BadMagic,

    /// <summary>A frame claimed a negative or too large length.</summary>
    BadLength,

    /// <summary>The created field of a frame holds no date that exists.</summary>
    BadDate,

    /// <summary>A hello that is malformed, or the second of its connection.</summary>
    BadHello,

    /// <summary>A token did not verify, or a hello was replayed.</summary>
    TokenInvalid,

    /// <summary>A token verified, but its date lies outside the accepted age.</summary>
    TokenExpired,

    /// <summary>The TLS handshake failed.</summary>
    TlsFailed,

    /// <summary>A PROXY header was malformed or came from an untrusted network.</summary>
    ProxyInvalid,

    /// <summary>A newer connection of the same client took over.</summary>
    Replaced,

    /// <summary>An operator ended the connection; the client may come back.</summary>
    Kicked,

    /// <summary>An operator ended the connection for good.</summary>
    Banned,

    /// <summary>The peer sent pings faster than allowed.</summary>
    PingFlood,

    /// <summary>The peer took no byte of pending output for the write timeout.</summary>
    SlowConsumer,

    /// <summary>The total number of connections is at its limit.</summary>
    LimitTotal,

    /// <summary>The number of connections from this address is at its limit.</summary>
    LimitAddress,

    /// <summary>Connections came faster than the accept rate allows.</summary>
    LimitRate,

    /// <summary>The process is out of file descriptors.</summary>
    LimitDescriptors,

    /// <summary>The process is at its memory limit.</summary>
    LimitMemory,

    /// <summary>The connection reached its maximum age.</summary>
    MaxAge,

    /// <summary>The gateway is being drained; the client was given a slot to reconnect.</summary>
    Draining,

    /// <summary>The gateway stops.</summary>
    Shutdown,

    /// <summary>A fault of the gateway itself; its log tells more.</summary>
    InternalError,
}
