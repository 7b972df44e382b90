namespace HeartbeatGateway.Protocol.Identity;

/// <summary>The features that a hello can request and a welcome can grant.</summary>
public static class ProtocolFeatures
{
    /// <summary>The gateway sends a <c>close</c> frame with the reason before it closes the connection.</summary>
    public const string Close = "close";

    /// <summary>
    /// Frames of both sides may be numbered and are then acknowledged; see docs/protocol.md, part 5. Granted only with an <c>instance</c> and with tokens that
    /// cover the created field.
    /// </summary>
    public const string Ack = "ack";
}
