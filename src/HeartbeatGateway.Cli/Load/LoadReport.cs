namespace HeartbeatGateway.Cli.Load;

/// <summary>The result of a load run.</summary>
internal sealed record LoadReport
{
    public required int Clients { get; init; }

    /// <summary>False when the run was interrupted.</summary>
    public required bool Finished { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Clients that connected at least once.</summary>
    public required long Connected { get; init; }

    public required long NeverConnected { get; init; }

    /// <summary>Connections that were open at the end of the run.</summary>
    public required long ConnectedAtEnd { get; init; }

    /// <summary>First connections per second, from the start of the run until the last of them.</summary>
    public required double ConnectRatePerSecond { get; init; }

    /// <summary>From the start of a client until the gateway's answer.</summary>
    public Latencies? ConnectTime { get; init; }

    /// <summary>Round-trip times of heartbeats.</summary>
    public Latencies? Rtt { get; init; }

    public required long MessagesSent { get; init; }

    public required long MessagesRefused { get; init; }

    public required long MessagesReceived { get; init; }

    /// <summary>Messages that the clients dropped, in either direction.</summary>
    public required long MessagesDropped { get; init; }

    /// <summary>With <c>--ack</c>: what became of the messages. Otherwise null.</summary>
    public LoadDelivery? Delivery { get; init; }

    /// <summary>Connections that ended before the end of the run.</summary>
    public required long Lost { get; init; }

    /// <summary>Lost connections by the gateway's reason; without a reason, by the kind of disconnect.</summary>
    public required IReadOnlyDictionary<string, long> LostBy { get; init; }

    /// <summary>Failed connection attempts, by the same keys.</summary>
    public required IReadOnlyDictionary<string, long> FailedAttemptsBy { get; init; }

    public required long Reconnects { get; init; }

    /// <summary>Clients that stopped because they must not reconnect.</summary>
    public required long Stopped { get; init; }

    public Spread? ReconnectSpread { get; init; }

    /// <summary>The peak memory of this process.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>The bounds that the command line sets.</summary>
    public IReadOnlyList<LoadBound> Bounds { get; init; } = [];

    public static LoadReport Of(LoadPlan plan, LoadStatistics statistics, bool wasFinished, long peakMemoryBytes)
    {
        var connecting = statistics.LastFirstConnect.TotalSeconds;
        return new LoadReport
        {
            Clients = plan.Clients,
            Finished = wasFinished,
            Seconds = Math.Round(statistics.Elapsed.TotalSeconds, 1),
            Connected = statistics.FirstConnects,
            NeverConnected = plan.Clients - statistics.FirstConnects,
            ConnectedAtEnd = statistics.Connected,
            ConnectRatePerSecond = connecting > 0 ? Math.Round(statistics.FirstConnects / connecting, 1) : 0,
            ConnectTime = statistics.ConnectTime.Read(),
            Rtt = statistics.Rtt.Read(),
            MessagesSent = statistics.Sent,
            MessagesRefused = statistics.Refused,
            MessagesReceived = statistics.Received,
            MessagesDropped = statistics.Dropped,
            Lost = statistics.Lost,
            LostBy = statistics.LostBy,
            FailedAttemptsBy = statistics.FailedBy,
            Reconnects = statistics.Reconnects,
            Stopped = statistics.Stopped,
            ReconnectSpread = statistics.ReconnectSpread,
            PeakMemoryBytes = peakMemoryBytes,
        };
    }
}

/// <summary>Percentiles of <paramref name="Count"/> durations, in milliseconds.</summary>
internal sealed record Latencies(long Count, double P50Ms, double P99Ms, double P999Ms, double MaxMs);
