namespace HeartbeatGateway.Protocol.Identity;

/// <summary>Extensions that a hello may ask for and a welcome grants.</summary>
public static class ProtocolFeatures
{
    /// <summary>The gateway tells in a <c>close</c> frame why it ends the connection.</summary>
    public const string Close = "close";
}
