namespace HeartbeatGateway.Cli.Frames;

/// <summary>The severity of a finding.</summary>
internal enum Severity
{
    /// <summary>The check passed.</summary>
    Ok,

    /// <summary>A remark; a gateway accepts the frame.</summary>
    Note,

    /// <summary>The frame breaks the protocol.</summary>
    Wrong,
}
