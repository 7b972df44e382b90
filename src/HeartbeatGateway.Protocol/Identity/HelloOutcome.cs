namespace HeartbeatGateway.Protocol.Identity;

/// <summary>What the content of a <c>hello</c> frame turned out to be.</summary>
public enum HelloOutcome
{
    /// <summary>No JSON object with a <c>clientId</c>: an application message under the type <c>hello</c>.</summary>
    NotHello,

    /// <summary>A hello, with a field that breaks its rule.</summary>
    Malformed,

    /// <summary>A hello.</summary>
    Valid,
}
