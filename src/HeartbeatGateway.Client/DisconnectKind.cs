namespace HeartbeatGateway.Client;

/// <summary>How a connection or a connection attempt ended.</summary>
public enum DisconnectKind
{
    /// <summary>
    /// No connection was made: the name did not resolve, the connection was refused, or no answer arrived within
    /// <see cref="GatewayClientOptions.ConnectTimeout"/>.
    /// </summary>
    ConnectFailed = 0,

    /// <summary>TCP connected; the TLS handshake failed or did not finish within <see cref="GatewayClientOptions.ConnectTimeout"/>.</summary>
    TlsFailed,

    /// <summary>The gateway closed the connection with a <c>close</c> frame; for its reason see <see cref="DisconnectInfo.Reason"/>.</summary>
    ClosedByGateway,

    /// <summary>
    /// The gateway ended the stream without a <c>close</c> frame. A rejected token also ends this way, because the gateway never answers it.
    /// </summary>
    EndOfStream,

    /// <summary>The connection was reset, or the network failed.</summary>
    Reset,

    /// <summary>
    /// No byte was received within <see cref="GatewayClientOptions.ServerTimeout"/>. Or bytes arrived, but no ping was answered for three times
    /// that time, plus 1 s for each 200 bytes received meanwhile, counted up to 64 KiB and the frame that is being received.
    /// </summary>
    Dead,

    /// <summary>The peer sent bytes that are not a valid frame, or a frame whose token does not verify.</summary>
    ProtocolViolation,

    /// <summary>The client was disposed.</summary>
    Disposed,

    /// <summary>A fault in this library; <see cref="DisconnectInfo.Exception"/> and the log have details. The client continues.</summary>
    InternalError,
}
