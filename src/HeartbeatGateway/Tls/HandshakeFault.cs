using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Tls;

/// <summary>Why TLS ended a connection.</summary>
/// <param name="Fault">For the log; no text of the peer's that is not escaped.</param>
/// <param name="Cause">For the counter.</param>
internal sealed record HandshakeFault(string Fault, TlsFailureCause Cause) : IHandshakeFaultFeature;
