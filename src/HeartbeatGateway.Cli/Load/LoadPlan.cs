namespace HeartbeatGateway.Cli.Load;

/// <summary>The parameters of a load run.</summary>
internal sealed record LoadPlan
{
    /// <summary>The number of clients.</summary>
    public required int Clients { get; init; }

    /// <summary>The number of clients started per second.</summary>
    public required double Ramp { get; init; }

    /// <summary>How long the load continues after the last client is started.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The interval at which each client sends a message; null for no messages.</summary>
    public TimeSpan? MessageEvery { get; init; }

    /// <summary>The size of each message's content, in bytes.</summary>
    public int MessageBytes { get; init; }

    /// <summary>Client ids are this prefix and a number; null for anonymous clients.</summary>
    public string? ClientIdPrefix { get; init; }

    /// <summary>The secret is a master, from which each client's own secret is derived.</summary>
    public bool PerClient { get; init; }

    /// <summary>The number of source addresses on this machine; null when the system chooses the address.</summary>
    public int? Sources { get; init; }

    /// <summary>The start time of a client, measured from the start of the run.</summary>
    public TimeSpan StartOf(int client) => TimeSpan.FromSeconds(client / Ramp);
}
