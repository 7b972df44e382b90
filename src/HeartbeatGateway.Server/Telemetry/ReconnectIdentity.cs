namespace HeartbeatGateway.Server.Telemetry;

/// <summary>By what a client was recognised; the label <c>identity</c> of <c>reconnects_total</c>.</summary>
internal enum ReconnectIdentity
{
    Client,
    Address,
}
