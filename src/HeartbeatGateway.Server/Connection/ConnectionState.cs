namespace HeartbeatGateway.Server.Connection;

/// <summary>How far a connection has come.</summary>
public enum ConnectionState
{
    /// <summary>No valid frame was read yet.</summary>
    Handshaking,

    /// <summary>A valid frame was read.</summary>
    Connected,

    /// <summary>It was closed; its last bytes may still be on their way.</summary>
    Closing,
}
