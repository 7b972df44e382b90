namespace HeartbeatGateway.Cli.Frames;

/// <summary>How bad a finding is.</summary>
internal enum Severity
{
    /// <summary>A check that was made and passed.</summary>
    Ok,

    /// <summary>Worth knowing; a gateway takes the frame all the same.</summary>
    Note,

    /// <summary>Breaks the protocol.</summary>
    Wrong,
}
