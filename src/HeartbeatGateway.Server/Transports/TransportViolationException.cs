namespace HeartbeatGateway.Server.Transports;

/// <summary>
/// The peer has broken the protocol of a layer that carries the frames. Thrown by such a layer, or by the pipes that it gives to the engine. The connection ends as
/// <c>websocket_invalid</c>, and the message is its detail.
/// </summary>
/// <param name="message">What is wrong, in one sentence of at most 256 characters. Text from the peer in it is escaped.</param>
public sealed class TransportViolationException(string message) : IOException(message);
