namespace HeartbeatGateway.Server.Messages;

/// <summary>Why a sink gave a message up.</summary>
public enum SinkDropCause
{
    /// <summary>It waited longer than the sink keeps a message.</summary>
    Expired,

    /// <summary>The sink failed with an exception.</summary>
    Failed,

    /// <summary>The process or the sink stopped while the message waited.</summary>
    Stopped,
}
