namespace HeartbeatGateway.Server.Admission;

/// <summary>What limits have to remember of one connection. Made only when there is something to remember: most gateways never do.</summary>
internal sealed class LimitState
{
    /// <summary>Limits that this connection is above of, though it was spared: each is told once.</summary>
    public Limits Spared { get; set; }

    /// <summary>Timestamp of the first ping of the second in which pings are being counted; 0 before the first.</summary>
    public long SecondBegan { get; set; }

    /// <summary>Pings in that second.</summary>
    public int Pings { get; set; }

    /// <summary>Seconds in a row with too many pings.</summary>
    public int Strikes { get; set; }
}
