namespace HeartbeatGateway.Client.Transport;

/// <summary>No connection was made.</summary>
internal sealed class TransportException(DisconnectKind kind, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public DisconnectKind Kind { get; } = kind;
}
