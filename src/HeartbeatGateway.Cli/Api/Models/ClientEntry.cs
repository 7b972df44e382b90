namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>A connection in a list. Durations are in seconds.</summary>
internal sealed record ClientEntry
{
    public string? ConnectionId { get; init; }

    /// <summary>In a cluster: its node.</summary>
    public string? Node { get; init; }

    public string? ClientId { get; init; }

    public string? State { get; init; }

    public string? Address { get; init; }

    public int? Port { get; init; }

    public string? KeyId { get; init; }

    public DateTimeOffset? ConnectedAt { get; init; }

    public double? AgeSeconds { get; init; }

    public double? IdleSeconds { get; init; }

    public double? HeartbeatJitterSeconds { get; init; }

    public double? RttSeconds { get; init; }

    public long? Retransmits { get; init; }

    public long? BytesIn { get; init; }

    public long? BytesOut { get; init; }

    public long? PendingBytes { get; init; }

    public long? Reconnects { get; init; }

    public string? Library { get; init; }
}
