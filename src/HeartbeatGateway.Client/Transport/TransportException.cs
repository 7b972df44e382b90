namespace HeartbeatGateway.Client.Transport;

/// <summary>No connection was made.</summary>
internal sealed class TransportException(GatewayClientEndKind kind, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public GatewayClientEndKind Kind { get; } = kind;
}
