namespace HeartbeatGateway.Cli;

/// <summary>How hbg ends; the one list that help, documents and scripts rely on.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Success = 0,

    /// <summary>A load run missed a bound that was stated.</summary>
    BoundMissed = 1,

    /// <summary>The command line cannot be understood, or an option has a value that it may not have.</summary>
    Usage = 2,

    /// <summary>What was examined is not valid: a frame, a token, a hex dump.</summary>
    NotValid = 3,

    /// <summary>The gateway was not reached, did not answer like one, or told the client not to come back.</summary>
    NoGateway = 4,

    /// <summary>A file cannot be read or written.</summary>
    File = 5,

    /// <summary>A fault of hbg itself.</summary>
    Fault = 70,

    /// <summary>Ended by Ctrl+C or a signal before the work was done.</summary>
    Interrupted = 130,
}
