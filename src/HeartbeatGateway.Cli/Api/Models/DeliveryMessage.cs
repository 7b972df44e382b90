namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>The end of one message that a client acknowledges: delivered, expired or dropped.</summary>
internal sealed record DeliveryMessage(DateTimeOffset? Time, string? MessageId, string? ClientId, string? Result);
