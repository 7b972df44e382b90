namespace HeartbeatGateway.Server.Telemetry;

/// <summary>The kinds of log lines that peers can cause; the label <c>kind</c> of <c>log_lines_suppressed_total</c>. Each has a budget of its own.</summary>
internal enum LineKind
{
    /// <summary>A client connected, reconnected, was replaced or disconnected.</summary>
    Lifecycle,

    /// <summary>A connection ended that never sent a valid frame.</summary>
    Handshake,

    /// <summary>A token, a frame, a hello, a TLS handshake or a PROXY header was refused.</summary>
    Refusal,

    /// <summary>A limit rejected a connection, or would have.</summary>
    Limit,

    /// <summary>An application message.</summary>
    Message,

    /// <summary>The gateway itself failed on a connection.</summary>
    Failure,
}
