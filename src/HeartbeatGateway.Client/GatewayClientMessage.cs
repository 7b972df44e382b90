namespace HeartbeatGateway.Client;

/// <summary>A message that the gateway pushed.</summary>
/// <param name="Type">The frame's type.</param>
/// <param name="Content">The content: a private copy that stays valid.</param>
/// <param name="ReceivedAt">When it was received, according to this machine's clock.</param>
public sealed record GatewayClientMessage(string Type, ReadOnlyMemory<byte> Content, DateTimeOffset ReceivedAt);
