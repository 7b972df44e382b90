namespace HeartbeatGateway.Million.Driving;

/// <summary>What a client knows of itself. A struct in an array: a million objects would be part of what is measured.</summary>
internal struct Client
{
    /// <summary>Timestamp taken before its last bytes were sent.</summary>
    public long LastSent;

    /// <summary>Timestamp from which on it sends nothing more; <see cref="long.MaxValue"/> for never.</summary>
    public long SilentFrom;

    /// <summary>Timestamp at which the server closed; 0 while it has not.</summary>
    public long ClosedAt;

    public int PingsSent;
    public int PongsRead;
}
