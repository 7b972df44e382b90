namespace HeartbeatGateway.Cli.Connect;

/// <summary>What a session came to.</summary>
internal sealed class ConnectSummary
{
    public long Beats { get; private set; }

    public TimeSpan MinRtt { get; private set; } = TimeSpan.MaxValue;

    public TimeSpan MaxRtt { get; private set; }

    public TimeSpan MeanRtt => Beats == 0 ? TimeSpan.Zero : _sum / Beats;

    public long Sent { get; set; }

    public long Received { get; set; }

    public long Connections { get; set; }

    private TimeSpan _sum;

    public void Beat(TimeSpan rtt)
    {
        Beats++;
        _sum += rtt;
        if (rtt < MinRtt) MinRtt = rtt;
        if (rtt > MaxRtt) MaxRtt = rtt;
    }
}
