namespace HeartbeatGateway.Client;

/// <summary>A message that the gateway pushed.</summary>
/// <param name="Type">The frame's type.</param>
/// <param name="Content">The content: a private copy that stays valid.</param>
/// <param name="ReceivedAt">When it was received, according to this machine's clock.</param>
public sealed record GatewayClientMessage(string Type, ReadOnlyMemory<byte> Content, DateTimeOffset ReceivedAt)
{
    // Together as large as a DateTimeOffset: the number costs no memory where it is not used.
    private readonly long _receivedAtUtcTicks = ReceivedAt.UtcTicks;
    private readonly long _number;

    /// <summary>When it was received, according to this machine's clock; in UTC.</summary>
    public DateTimeOffset ReceivedAt
    {
        get => new(_receivedAtUtcTicks, TimeSpan.Zero);
        init => _receivedAtUtcTicks = value.UtcTicks;
    }

    /// <summary>
    /// Its number, when the gateway numbers the messages to this client; see <see cref="GatewayClientOptions.Acknowledgements"/>. Null for a broadcast, and
    /// without that option. Numbers rise; the gateway leaves out those of messages that have expired. They begin again at 1 when the gateway has lost its
    /// record.
    /// </summary>
    public long? Number
    {
        get => _number == 0 ? null : _number;
        init => _number = value ?? 0;
    }
}
