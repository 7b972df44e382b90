namespace HeartbeatGateway.Client;

/// <summary>What became of the numbered messages of a client since it was created; see <see cref="GatewayClientOptions.Acknowledgements"/>.</summary>
/// <param name="Sent">Messages that were sent with a number; a message that is sent again counts once.</param>
/// <param name="Acknowledged">Messages that the gateway has acknowledged.</param>
/// <param name="Resent">How often a message was sent again, on a later connection.</param>
/// <param name="Duplicates">Messages from the gateway that had arrived before; the application does not see them.</param>
/// <param name="Unacknowledged">Messages that were sent and are kept until the gateway acknowledges them.</param>
public readonly record struct AcknowledgementCounts(long Sent, long Acknowledged, long Resent, long Duplicates, int Unacknowledged);
