namespace HeartbeatGateway.Cli;

/// <summary>Exit codes of hbg. Help, documents and scripts rely on this list.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Success = 0,

    /// <summary>A load run missed a bound that the command line sets.</summary>
    BoundMissed = 1,

    /// <summary>The command line is not valid, or an option has an invalid value.</summary>
    Usage = 2,

    /// <summary>The input is not valid: a frame, a token or a hex dump.</summary>
    NotValid = 3,

    /// <summary>The gateway was not reached, did not answer as a gateway, or forbade a reconnect.</summary>
    NoGateway = 4,

    /// <summary>A file cannot be read or written.</summary>
    File = 5,

    /// <summary>A message was not delivered, or may be lost.</summary>
    NotDelivered = 6,

    /// <summary>The gateway refused the request or failed: the key, its scope, a limit, or the state of the gateway.</summary>
    Refused = 7,

    /// <summary>What the command line names does not exist at the gateway: a client, a connection or a ban.</summary>
    NotFound = 8,

    /// <summary>An internal error of hbg.</summary>
    Fault = 70,

    /// <summary>Ctrl+C, a signal or a declined question ended the command before it was complete.</summary>
    Interrupted = 130,
}
