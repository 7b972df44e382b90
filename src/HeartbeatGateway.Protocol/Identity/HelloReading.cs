namespace HeartbeatGateway.Protocol.Identity;

/// <summary>The answer of <see cref="HelloPayload.Read"/>.</summary>
/// <param name="Outcome">What the content is.</param>
/// <param name="Hello">The hello, when it is valid.</param>
/// <param name="Fault">What is wrong and what it must be, when it is malformed; holds no text of the peer's.</param>
/// <param name="AcceptsClose">A malformed hello asked for <see cref="ProtocolFeatures.Close"/> too, so its sender can be told.</param>
public readonly record struct HelloReading(HelloOutcome Outcome, HelloPayload? Hello, string? Fault, bool AcceptsClose);
