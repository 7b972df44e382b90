using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Limits;

/// <summary>What limits remember of one connection. Made only when there is something to remember, which is never in most gateways.</summary>
internal sealed class LimitState
{
    /// <summary>Report-only limits that this connection has exceeded: each is reported once.</summary>
    public LimitKind Reported { get; set; }

    /// <summary>Timestamp of the first ping of the second in which pings are being counted; 0 before the first.</summary>
    public long SecondBegan { get; set; }

    /// <summary>Pings in that second.</summary>
    public int Pings { get; set; }

    /// <summary>Seconds in a row with too many pings.</summary>
    public int Strikes { get; set; }

    /// <summary>Timestamp of the last byte before the silence that <see cref="ShadowReached"/> is about. Written by the timer wheel's thread, as the next two.</summary>
    public long SilenceBegan { get; set; }

    /// <summary>The longest candidate of the reader-idle limit that was counted for that silence, in timestamp units; 0 for none.</summary>
    public long ShadowReached { get; set; }

    /// <summary>Visits in a row at which a candidate that is due was not counted, because bytes wait to be read.</summary>
    public PutOffs ShadowPutOffs;
}
