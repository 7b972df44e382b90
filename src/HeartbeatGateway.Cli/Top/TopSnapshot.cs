namespace HeartbeatGateway.Cli.Top;

/// <summary>The data of <c>hbg top</c>: the state of a gateway and, from the second scrape on, its rates per second.</summary>
internal sealed record TopSnapshot
{
    private const double BytesPerMegabyte = 1024 * 1024;

    public required DateTimeOffset Time { get; init; }

    public string? Version { get; init; }

    public required double UptimeSeconds { get; init; }

    public required double Connected { get; init; }

    public required double Handshaking { get; init; }

    public required bool Draining { get; init; }

    public required double OutboundPendingBytes { get; init; }

    public required double WorkingSetMegabytes { get; init; }

    /// <summary>Totals since the start of the gateway.</summary>
    public required TopCounts Totals { get; init; }

    /// <summary>Rates per second between the previous scrape and this one; null for the first scrape and after a restart.</summary>
    public TopCounts? Rates { get; init; }

    /// <summary>The number of processors that the gateway used; null like <see cref="Rates"/>.</summary>
    public double? Processors { get; init; }

    /// <summary>True when another process answered the previous scrape.</summary>
    public bool Restarted { get; init; }

    /// <summary>Closed connections since the start, by reason; only reasons that occurred.</summary>
    public IReadOnlyDictionary<string, double> Closed { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>The clients that stand out, by the HTTP API; null when they were not asked for.</summary>
    public TopClients? Clients { get; init; }

    public static TopSnapshot Of(Scrape now, Scrape? before)
    {
        var isSameProcess = before is not null && before.ProcessStart.Equals(now.ProcessStart);
        var seconds = isSameProcess ? (now.Time - before!.Time).TotalSeconds : 0;
        var totals = TopCounts.Of(now);
        return new TopSnapshot
        {
            Time = now.Time,
            Version = now.Version,
            UptimeSeconds = Math.Round(now.Time.ToUnixTimeMilliseconds() / 1000.0 - now.ProcessStart, 1),
            Connected = now.Gateway("connected_clients"),
            Handshaking = now.Gateway("handshaking_connections"),
            Draining = now.Gateway("draining") > 0,
            OutboundPendingBytes = now.Gateway("outbound_pending_bytes"),
            WorkingSetMegabytes = Math.Round(now.Sum("process_working_set_bytes") / BytesPerMegabyte, 1),
            Totals = totals,
            Rates = seconds > 0 ? TopCounts.Rates(totals, TopCounts.Of(before!), seconds) : null,
            Processors = seconds > 0
                ? Math.Round((now.Sum("process_cpu_seconds_total") - before!.Sum("process_cpu_seconds_total")) / seconds, 3)
                : null,
            Restarted = before is not null && !isSameProcess,
            Closed = now.By("connections_closed_total", "reason")
                .Where(r => r.Value > 0)
                .OrderByDescending(r => r.Value)
                .ToDictionary(r => r.Label, r => r.Value, StringComparer.Ordinal),
        };
    }
}
