namespace HeartbeatGateway.Client;

/// <summary>The gateway has not acknowledged a message of <see cref="GatewayClient.SendAcknowledgedAsync"/>, and it will not.</summary>
public sealed class MessageNotAcknowledgedException : Exception
{
    /// <summary>Creates an exception.</summary>
    /// <param name="failure">Why there is no acknowledgement.</param>
    /// <param name="wasSent">True when the message was written to a connection, so that it may have arrived.</param>
    /// <param name="end">With <see cref="AcknowledgementFailure.Stopped"/>: why the client stopped.</param>
    public MessageNotAcknowledgedException(AcknowledgementFailure failure, bool wasSent, DisconnectInfo? end = null)
        : base(Describe(failure, wasSent, end), end?.Exception) => (Failure, WasSent, End) = (failure, wasSent, end);

    /// <summary>Why there is no acknowledgement.</summary>
    public AcknowledgementFailure Failure { get; }

    /// <summary>True when the message was written to a connection: it may have arrived. False: it has not.</summary>
    public bool WasSent { get; }

    /// <summary>Why the client stopped; null when it did not.</summary>
    public DisconnectInfo? End { get; }

    private static string Describe(AcknowledgementFailure failure, bool wasSent, DisconnectInfo? end) => failure switch
    {
        AcknowledgementFailure.NotGranted =>
            "The message was not sent: the gateway accepted the connection without acknowledgements. It is older than this feature, or its tokens do not cover "
            + "the created field. SendAsync sends messages to such a gateway, at most once.",
        AcknowledgementFailure.Dropped =>
            "The message was not sent: the send queue was full and dropped its oldest messages; see SendQueueCapacity, SendQueueBytes and SendQueueFullMode.",
        _ when wasSent => $"The client stopped before the gateway acknowledged the message, which may have arrived. {end?.Message}",
        _ => $"The message was not sent: the client stopped before. {end?.Message}",
    };
}
