namespace HeartbeatGateway.Server.Telemetry;

/// <summary>What became of an application message; the label <c>outcome</c> of <c>messages_total</c>.</summary>
internal enum MessageOutcome
{
    /// <summary>The sink took it.</summary>
    Accepted,

    /// <summary>The sink threw; the message is lost and the log says why.</summary>
    Failed,

    /// <summary>The connection ended while the sink was full.</summary>
    Abandoned,
}
