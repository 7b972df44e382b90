using HeartbeatGateway.Cli.Api.Models;

namespace HeartbeatGateway.Cli.Top;

/// <summary>The clients that stand out, and the latest disconnects.</summary>
internal sealed record TopClients
{
    public IReadOnlyList<ClientEntry> LongestRtt { get; init; } = [];

    public IReadOnlyList<ClientEntry> MostRetransmits { get; init; } = [];

    public IReadOnlyList<ClientEntry> LongestIdle { get; init; } = [];

    /// <summary>Null when the gateway is too old to keep them.</summary>
    public IReadOnlyList<DisconnectEntry>? Disconnects { get; init; }

    /// <summary>Why there is nothing else: the gateway refused, with what to do.</summary>
    public string? Refusal { get; init; }
}
