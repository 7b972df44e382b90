namespace HeartbeatGateway.Client.Connecting;

/// <summary>No link could be made.</summary>
internal sealed class LinkException(GatewayClientEndKind kind, string message, Exception? innerException) : Exception(message, innerException)
{
    public GatewayClientEndKind Kind { get; } = kind;
}
