namespace HeartbeatGateway.Client.Transport;

/// <summary>A connection could not be made.</summary>
internal sealed class TransportException(DisconnectKind kind, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public DisconnectKind Kind { get; } = kind;
}
