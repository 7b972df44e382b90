namespace HeartbeatGateway.Cli.Load;

/// <summary>What a load run does.</summary>
internal sealed record LoadPlan
{
    /// <summary>How many clients.</summary>
    public required int Clients { get; init; }

    /// <summary>How many of them are started in a second.</summary>
    public required double Ramp { get; init; }

    /// <summary>How long the load is held after the last client was started.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How often each client sends a message; null: never.</summary>
    public TimeSpan? MessageEvery { get; init; }

    /// <summary>The size of their contents.</summary>
    public int MessageBytes { get; init; }

    /// <summary>Names are this and a number; null: the clients are anonymous.</summary>
    public string? ClientIdPrefix { get; init; }

    /// <summary>From how many addresses of this machine they come; null: the system chooses the one.</summary>
    public int? Sources { get; init; }

    /// <summary>When a client is started, counted from the beginning of the run.</summary>
    public TimeSpan StartOf(int client) => TimeSpan.FromSeconds(client / Ramp);
}
