namespace HeartbeatGateway.Protocol.Identity;

/// <summary>The result of reading the content of a <c>hello</c> frame.</summary>
public enum HelloOutcome
{
    /// <summary>The content is not a JSON object with a <c>clientId</c>. The frame is an application message with the type <c>hello</c>.</summary>
    NotHello,

    /// <summary>The content is a hello with a field that breaks its rule.</summary>
    Malformed,

    /// <summary>The content is a valid hello.</summary>
    Valid,
}
