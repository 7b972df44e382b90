namespace HeartbeatGateway.Client;

/// <summary>Messages that the client has dropped, as reported by <see cref="GatewayClient.MessagesDropped"/>.</summary>
/// <param name="Reason">Why they were dropped.</param>
/// <param name="Count">The number of messages dropped for this reason since the previous event with it.</param>
/// <param name="Message">A sentence with the count, the reason and the option that changes it.</param>
public sealed record DroppedMessages(MessageDropReason Reason, long Count, string Message);
