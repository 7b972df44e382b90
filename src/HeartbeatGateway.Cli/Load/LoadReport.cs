namespace HeartbeatGateway.Cli.Load;

/// <summary>What a run came to.</summary>
internal sealed record LoadReport
{
    public required int Clients { get; init; }

    /// <summary>False when somebody ended the run early.</summary>
    public required bool Finished { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Clients that were connected at least once.</summary>
    public required long Connected { get; init; }

    public required long NeverConnected { get; init; }

    /// <summary>Connections that were open at the end.</summary>
    public required long ConnectedAtEnd { get; init; }

    /// <summary>First connections in a second, from the beginning until the last of them.</summary>
    public required double ConnectRatePerSecond { get; init; }

    /// <summary>From a client's start until the gateway had answered.</summary>
    public Latencies? ConnectTime { get; init; }

    /// <summary>Of heartbeats.</summary>
    public Latencies? Rtt { get; init; }

    public required long MessagesSent { get; init; }

    public required long MessagesRefused { get; init; }

    public required long MessagesReceived { get; init; }

    /// <summary>Connections that ended though the run did not.</summary>
    public required long Lost { get; init; }

    /// <summary>The same by the gateway's reason, or else by the kind of end.</summary>
    public required IReadOnlyDictionary<string, long> LostBy { get; init; }

    /// <summary>Attempts that led to no connection, likewise.</summary>
    public required IReadOnlyDictionary<string, long> FailedAttemptsBy { get; init; }

    public required long Reconnects { get; init; }

    /// <summary>Clients that the gateway told not to come back.</summary>
    public required long Stopped { get; init; }

    public Spread? ReconnectSpread { get; init; }

    /// <summary>The most memory that this process had.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>The bounds that were stated.</summary>
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
