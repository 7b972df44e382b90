namespace HeartbeatGateway.Client;

/// <summary>In which way a connection, or the attempt to make one, ended.</summary>
public enum DisconnectKind
{
    /// <summary>No connection was made: the name did not resolve, nobody listened, or no answer came within <see cref="GatewayClientOptions.ConnectTimeout"/>.</summary>
    ConnectFailed = 0,

    /// <summary>TCP connected; the TLS handshake failed or was not finished within <see cref="GatewayClientOptions.ConnectTimeout"/>.</summary>
    TlsFailed,

    /// <summary>The gateway said in a <c>close</c> frame why it ends the connection; see <see cref="DisconnectInfo.Reason"/>.</summary>
    ClosedByGateway,

    /// <summary>The gateway ended the stream without a <c>close</c> frame. A token that it refuses ends so too, since it is never answered.</summary>
    EndOfStream,

    /// <summary>The connection was reset, or the network failed under it.</summary>
    Reset,

    /// <summary>No byte came within <see cref="GatewayClientOptions.ServerTimeout"/>.</summary>
    Dead,

    /// <summary>The other side sent something that is no valid frame, or a frame whose token does not verify.</summary>
    ProtocolViolation,

    /// <summary>The client was disposed.</summary>
    Disposed,

    /// <summary>A fault of this library; <see cref="DisconnectInfo.Exception"/> and the log tell more. The client goes on.</summary>
    InternalError,
}
