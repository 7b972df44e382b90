namespace HeartbeatGateway.Protocol.Identity;

/// <summary>The features that a hello can request and a welcome can grant.</summary>
public static class ProtocolFeatures
{
    /// <summary>The gateway sends a <c>close</c> frame with the reason before it closes the connection.</summary>
    public const string Close = "close";
}
