using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Tls;

/// <summary>Why a handshake failed, for the log.</summary>
internal sealed record HandshakeFault(string Fault) : IHandshakeFaultFeature;
