namespace HeartbeatGateway.Million.Driving;

/// <summary>The state of one client. A struct in an array: a million objects would be part of the measured memory.</summary>
internal struct Client
{
    /// <summary>The timestamp taken just before its last bytes were sent.</summary>
    public long LastSent;

    /// <summary>The timestamp from which it sends nothing more; <see cref="long.MaxValue"/> for never.</summary>
    public long SilentFrom;

    /// <summary>The timestamp at which the server closed the connection; 0 while it is open.</summary>
    public long ClosedAt;

    public int PingsSent;
    public int PongsRead;
}
