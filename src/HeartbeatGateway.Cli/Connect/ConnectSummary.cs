using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>The totals of a session.</summary>
internal sealed class ConnectSummary
{
    public long Heartbeats { get; private set; }

    public TimeSpan MinRtt { get; private set; } = TimeSpan.MaxValue;

    public TimeSpan MaxRtt { get; private set; }

    public TimeSpan MeanRtt => Heartbeats == 0 ? TimeSpan.Zero : _sum / Heartbeats;

    /// <summary>Messages that were written to a connection.</summary>
    public long Sent { get; set; }

    /// <summary>Sent messages whose connection ended before the gateway proved that it had read them; with <c>--ack</c>, those that it has not acknowledged.</summary>
    public long MayBeLost { get; set; }

    /// <summary>Messages that were never written to a connection.</summary>
    public long NotDelivered { get; set; }

    public long Received { get; set; }

    /// <summary>Messages from the gateway that were received and not shown.</summary>
    public long Dropped { get; set; }

    public long Connections { get; set; }

    /// <summary>With <c>--ack</c>: the client's counts. Otherwise null.</summary>
    public AcknowledgementCounts? Acknowledgements { get; set; }

    private TimeSpan _sum;

    public void Heartbeat(TimeSpan rtt)
    {
        Heartbeats++;
        _sum += rtt;
        if (rtt < MinRtt) MinRtt = rtt;
        if (rtt > MaxRtt) MaxRtt = rtt;
    }
}
