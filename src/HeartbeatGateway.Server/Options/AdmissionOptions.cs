namespace HeartbeatGateway.Server.Options;

/// <summary>Limits on connections. Each limit is off at 0.</summary>
public sealed class AdmissionOptions
{
    /// <summary>Open connections. Default: the process's file descriptor limit less 256, or less what the process needs for itself.</summary>
    [Displayable]
    public int? MaxConnections { get; set; }

    /// <summary>Open connections per address; an IPv6 /64 is one address. Default 0, since fleets often share one address.</summary>
    [Displayable]
    public int MaxConnectionsPerAddress { get; set; }

    /// <summary>Connections accepted per second. A burst of one second's number is allowed. Default 0.</summary>
    [Displayable]
    public int AcceptsPerSecond { get; set; }

    /// <summary>
    /// Closes a connection that has not sent a valid frame within this time. Default: the reader-idle limit, or 7 s where that is off. A client in the
    /// style of the Netty heartbeat tutorial ("the article") sends its first ping after 5 s.
    /// </summary>
    [Displayable]
    public TimeSpan? HandshakeTimeout { get; set; }

    /// <summary>Pings that one connection may send per second. Default 0.</summary>
    [Displayable]
    public int PingsPerSecond { get; set; }

    /// <summary>
    /// Closes a connection that exceeds <see cref="PingsPerSecond"/> in this many seconds in a row. Default 3, so that a client may catch up after a
    /// pause. Not 0.
    /// </summary>
    [Displayable]
    public int PingStrikes { get; set; } = 3;

    /// <summary>The managed heap, in bytes, above which new connections are rejected and no large frame is begun. Default 0.</summary>
    [Displayable]
    public long MaxHeapBytes { get; set; }

    /// <summary>
    /// The same bound in percent of the largest heap that the runtime allows: three quarters of a container's memory limit, or the machine's memory.
    /// Default 0. If both are set, the smaller one applies.
    /// </summary>
    [Displayable]
    public int MaxHeapPercent { get; set; }

    /// <summary>
    /// The resident memory of the process above which no connection is admitted and no large frame is begun, in percent of the memory that it may
    /// use (a container's limit, or the machine's). It counts what the heap limit does not, such as the TLS library's memory. Default: 85 where
    /// a heap limit is set, else 0 (off).
    /// </summary>
    [Displayable]
    public int? MaxResidentPercent { get; set; }

    /// <summary>
    /// Report-only limits: a connection that exceeds one is counted and logged, but not closed. Names as in <c>limits_observed_total</c>.
    /// </summary>
    [Displayable]
    public IList<string> Observe { get; set; } = [];

    /// <summary>Bans of client ids and addresses that connect too often. Off by default.</summary>
    public AutomaticBanOptions AutomaticBans { get; set; } = new();
}
