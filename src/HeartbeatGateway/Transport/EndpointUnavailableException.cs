namespace HeartbeatGateway.Transport;

/// <summary>
/// The machine lacks an address family or a loopback address. It is no <see cref="IOException"/>: for <c>localhost</c> and for all addresses, Kestrel
/// then continues with the other address.
/// </summary>
internal sealed class EndpointUnavailableException(string message, Exception inner) : Exception(message, inner);
