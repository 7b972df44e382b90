namespace HeartbeatGateway.Client;

/// <summary>A message that the gateway pushed.</summary>
/// <param name="Type">The frame's type.</param>
/// <param name="Content">The content; its own copy, valid for as long as it is kept.</param>
/// <param name="ReceivedAt">When it was received, by this machine's clock.</param>
public sealed record GatewayClientMessage(string Type, ReadOnlyMemory<byte> Content, DateTimeOffset ReceivedAt);
