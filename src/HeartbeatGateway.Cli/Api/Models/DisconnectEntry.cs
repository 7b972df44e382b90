namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>A connection that has ended. Durations are in seconds.</summary>
internal sealed record DisconnectEntry
{
    public DateTimeOffset? Time { get; init; }

    public string? ConnectionId { get; init; }

    /// <summary>In a cluster: its node.</summary>
    public string? Node { get; init; }

    public string? ClientId { get; init; }

    public string? Address { get; init; }

    public int? Port { get; init; }

    public string? KeyId { get; init; }

    public string? Reason { get; init; }

    public string? Detail { get; init; }

    /// <summary>Whose doing it was: client, network, gateway or operator.</summary>
    public string? Origin { get; init; }

    public double? DurationSeconds { get; init; }

    public PostMortem? PostMortem { get; init; }
}

/// <summary>What was known of a connection when it timed out.</summary>
/// <param name="Cause">client_silent, network_loss, interval_too_long or gateway_stall.</param>
/// <param name="LimitSeconds">The timeout in force.</param>
/// <param name="SilentSeconds">Time since the last byte.</param>
/// <param name="UsualGapSeconds">The usual gap between two pings.</param>
/// <param name="GapsSeconds">The latest gaps, the oldest first.</param>
/// <param name="StallSeconds">How long the gateway's process stood still meanwhile.</param>
/// <param name="Tcp">What the kernel had measured.</param>
internal sealed record PostMortem(
    string? Cause, double? LimitSeconds, double? SilentSeconds, double? UsualGapSeconds, IReadOnlyList<double>? GapsSeconds, double? StallSeconds, TcpFacts? Tcp);
