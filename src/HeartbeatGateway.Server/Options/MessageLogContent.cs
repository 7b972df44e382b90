namespace HeartbeatGateway.Server.Options;

/// <summary>What the log contains of an application message.</summary>
public enum MessageLogContent
{
    /// <summary>A line with the type, the length and the first 200 characters of the content.</summary>
    Full,

    /// <summary>A line with the type and the length.</summary>
    Length,

    /// <summary>No line.</summary>
    None,
}
