namespace HeartbeatGateway.Server.Outbound;

/// <summary>What became of a frame that was to be sent.</summary>
internal enum OutboundResult
{
    /// <summary>It will be sent, unless the connection ends first.</summary>
    Accepted,

    /// <summary>Too much waits for this client already; the frame was dropped.</summary>
    Full,

    /// <summary>The connection has ended; the frame was dropped.</summary>
    Ended,
}
