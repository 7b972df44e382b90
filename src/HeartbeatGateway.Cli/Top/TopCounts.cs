namespace HeartbeatGateway.Cli.Top;

/// <summary>The counters that <c>hbg top</c> shows, as totals or as rates.</summary>
internal sealed record TopCounts
{
    public double Heartbeats { get; init; }

    public double FramesIn { get; init; }

    public double FramesOut { get; init; }

    public double BytesIn { get; init; }

    public double BytesOut { get; init; }

    public double Opened { get; init; }

    public double Closed { get; init; }

    public double Rejected { get; init; }

    public double Reconnects { get; init; }

    public double Timeouts { get; init; }

    public double TokenFailures { get; init; }

    public double Messages { get; init; }

    public double Dropped { get; init; }

    public double StallSeconds { get; init; }

    public static TopCounts Of(Scrape scrape) => new()
    {
        Heartbeats = scrape.Gateway("heartbeats_total"),
        FramesIn = scrape.Gateway("frames_total", "direction", "in"),
        FramesOut = scrape.Gateway("frames_total", "direction", "out"),
        BytesIn = scrape.Gateway("network_io_bytes_total", "direction", "in"),
        BytesOut = scrape.Gateway("network_io_bytes_total", "direction", "out"),
        Opened = scrape.Gateway("connections_opened_total"),
        Closed = scrape.Gateway("connections_closed_total"),
        Rejected = scrape.Gateway("connections_rejected_total"),
        Reconnects = scrape.Gateway("reconnects_total"),
        Timeouts = scrape.Gateway("timeouts_total"),
        TokenFailures = scrape.Gateway("token_failures_total"),
        Messages = scrape.Gateway("messages_total"),
        Dropped = scrape.Gateway("outbound_dropped_total"),
        StallSeconds = scrape.Gateway("stall_seconds_total"),
    };

    /// <summary>The changes per second between two sets of totals.</summary>
    public static TopCounts Rates(TopCounts now, TopCounts before, double seconds)
    {
        double Rate(Func<TopCounts, double> of) => Math.Round(Math.Max(0, of(now) - of(before)) / seconds, 2);
        return new TopCounts
        {
            Heartbeats = Rate(c => c.Heartbeats),
            FramesIn = Rate(c => c.FramesIn),
            FramesOut = Rate(c => c.FramesOut),
            BytesIn = Rate(c => c.BytesIn),
            BytesOut = Rate(c => c.BytesOut),
            Opened = Rate(c => c.Opened),
            Closed = Rate(c => c.Closed),
            Rejected = Rate(c => c.Rejected),
            Reconnects = Rate(c => c.Reconnects),
            Timeouts = Rate(c => c.Timeouts),
            TokenFailures = Rate(c => c.TokenFailures),
            Messages = Rate(c => c.Messages),
            Dropped = Rate(c => c.Dropped),
            StallSeconds = Rate(c => c.StallSeconds),
        };
    }
}
