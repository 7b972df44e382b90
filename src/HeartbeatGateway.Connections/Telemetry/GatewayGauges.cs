namespace HeartbeatGateway.Connections.Telemetry;

/// <summary>What stands at this moment.</summary>
/// <param name="Connected">Connections that brought a valid frame.</param>
/// <param name="Handshaking">Open connections without one.</param>
/// <param name="PendingBytes">Bytes that wait to be taken by clients.</param>
/// <param name="Draining">True while the gateway lets its clients go.</param>
internal readonly record struct GatewayGauges(int Connected, int Handshaking, long PendingBytes, bool Draining);
