namespace HeartbeatGateway.Server.Options;

/// <summary>Who may connect. Each limit is off at 0.</summary>
public sealed class AdmissionOptions
{
    /// <summary>Connections in all. Default: what the process may open in files, less 256 or what it needs for itself.</summary>
    public int? MaxConnections { get; set; }

    /// <summary>Connections of one address; an IPv6 /64 is one address. Default 0: fleets often share one.</summary>
    public int MaxConnectionsPerAddress { get; set; }

    /// <summary>Connections accepted each second; a second's worth may come at once. Default 0.</summary>
    public int AcceptsPerSecond { get; set; }

    /// <summary>Closes a connection that has not brought a valid frame within this time. Default: the reader-idle limit, since an article client's first ping comes after 5 s.</summary>
    public TimeSpan? HandshakeTimeout { get; set; }

    /// <summary>Pings that one connection may send each second. Default 0.</summary>
    public int PingsPerSecond { get; set; }

    /// <summary>Ends a connection that sent more than that in so many seconds in a row. Default 3: who catches up after a pause is spared. Not 0.</summary>
    public int PingStrikes { get; set; } = 3;

    /// <summary>The managed heap, in bytes, above which nobody is let in and no large frame is begun. Default 0.</summary>
    public long MaxHeapBytes { get; set; }

    /// <summary>
    /// The same in percent of what the runtime lets the heap become: three quarters of a container's memory limit, or the machine's memory. Default 0;
    /// the smaller bound holds where both are set.
    /// </summary>
    public int MaxHeapPercent { get; set; }

    /// <summary>
    /// The resident memory of the process above which no connection is admitted and no large frame is begun, in percent of the memory that it may
    /// use (a container's limit, or the machine's). It counts what the heap limit does not, such as the TLS library's memory. Default: 85 where
    /// a heap limit is set, else 0 (off).
    /// </summary>
    public int? MaxResidentPercent { get; set; }

    /// <summary>Limits that are only watched: who is above them is counted and logged, and spared. Names as in <c>limits_observed_total</c>.</summary>
    public IList<string> Observe { get; set; } = [];
}
