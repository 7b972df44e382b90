namespace HeartbeatGateway.Server.Messages;

/// <summary>One sink at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsRequired">Senders wait for it, and a message is acknowledged only when it has taken responsibility.</param>
/// <param name="IsStopped">It takes no message and delivers none: its receiver is gone.</param>
/// <param name="Counts">Its counts.</param>
/// <param name="OldestWaiting">When the oldest message that waits was taken; null when none waits.</param>
public sealed record SinkStatus(string Name, bool IsRequired, bool IsStopped, SinkCounts Counts, DateTimeOffset? OldestWaiting);
