namespace HeartbeatGateway.Connections.Options;

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
}
