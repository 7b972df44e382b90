namespace HeartbeatGateway.Server.Telemetry;

/// <summary>Why a frame for a client was not sent; the label <c>reason</c> of <c>outbound_dropped_total</c>.</summary>
internal enum DropReason
{
    /// <summary>It would have gone above the bound of pending bytes.</summary>
    PendingLimit,

    /// <summary>The connection had ended, or ended before the frame was sent.</summary>
    ConnectionEnded,
}
