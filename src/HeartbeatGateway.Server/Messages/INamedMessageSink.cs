namespace HeartbeatGateway.Server.Messages;

/// <summary>
/// A sink that <c>Gateway:Messages:Sinks</c> chooses by name, and whose counts are published. A message on which <see cref="IMessageSink.AcceptAsync"/> throws is in
/// none of its counts: the gateway counts it.
/// </summary>
public interface INamedMessageSink : IMessageSink
{
    /// <summary>The name in lower case, for example <c>webhook</c>; also the label <c>sink</c> of its metrics.</summary>
    string Name { get; }

    /// <summary>Its counts.</summary>
    SinkBooks Books { get; }

    /// <summary>When the oldest message that waits was taken; null when none waits.</summary>
    DateTimeOffset? OldestWaiting { get; }

    /// <summary>It takes no message and delivers none until the process restarts or its settings change: its receiver is gone.</summary>
    bool IsStopped { get; }
}
