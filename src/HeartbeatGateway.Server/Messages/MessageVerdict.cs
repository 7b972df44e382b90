namespace HeartbeatGateway.Server.Messages;

/// <summary>What became of a message in a sink.</summary>
public enum MessageVerdict
{
    /// <summary>The sink has taken responsibility for the message, or has delivered it. Its client gets the acknowledgement.</summary>
    Accepted,

    /// <summary>The receiver refused the message for good. Its client gets the acknowledgement: sending it again would change nothing.</summary>
    Rejected,

    /// <summary>The sink gave the message up. Its client gets no acknowledgement and is to send it again on its next connection.</summary>
    Dropped,
}
