namespace HeartbeatGateway.Server.Messages;

/// <summary>Why a sink gave a message up.</summary>
public enum SinkDropCause
{
    /// <summary>It waited longer than the sink keeps a message.</summary>
    Expired,

    /// <summary>The sink failed with an exception, or gave the message up.</summary>
    Failed,

    /// <summary>The process or the sink stopped while the message waited.</summary>
    Stopped,

    /// <summary>The sink is not required, or writes a bounded number of log lines, and was full.</summary>
    Full,

    /// <summary>The connection ended before the sink had taken responsibility.</summary>
    Abandoned,
}
