namespace HeartbeatGateway.Server.Telemetry;

/// <summary>Which limit a connection ran into; the label <c>kind</c> of <c>timeouts_total</c>.</summary>
internal enum TimeoutKind
{
    ReaderIdle,
    AllIdle,
    Handshake,
    Frame,
    Write,
}
