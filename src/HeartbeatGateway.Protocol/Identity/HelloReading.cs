namespace HeartbeatGateway.Protocol.Identity;

/// <summary>The result of <see cref="HelloPayload.Read"/>.</summary>
/// <param name="Outcome">What the content is.</param>
/// <param name="Hello">The hello; null unless it is valid.</param>
/// <param name="Fault">The broken rule and the expected value; null unless the hello is malformed. It never contains text from the peer.</param>
/// <param name="AcceptsClose">
/// True when the hello requests <see cref="ProtocolFeatures.Close"/>. This is also set for a malformed hello, so that the gateway can send
/// the reason to its client.
/// </param>
public readonly record struct HelloReading(HelloOutcome Outcome, HelloPayload? Hello, string? Fault, bool AcceptsClose);
