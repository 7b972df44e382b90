using System.Net;

namespace HeartbeatGateway.Client;

/// <summary>A snapshot of a <see cref="GatewayClient"/>; never changes.</summary>
public sealed record GatewayClientState
{
    /// <summary>What the client is doing.</summary>
    public GatewayClientStatus Status { get; init; }

    /// <summary>Counts the addresses tried since the start, successful or not; the hello of each carries its number.</summary>
    public long Attempt { get; init; }

    /// <summary>The address being tried or connected to; null otherwise, and while names are resolved.</summary>
    public EndPoint? Endpoint { get; init; }

    /// <summary>The session that the gateway named last; null before a welcome.</summary>
    public string? SessionId { get; init; }

    /// <summary>The generation of this identity, while connected and identified.</summary>
    public long? Generation { get; init; }

    /// <summary>While connected: the gateway knew this client from before.</summary>
    public bool Reconnected { get; init; }

    /// <summary>While connected: the gateway still knew the session.</summary>
    public bool Resumed { get; init; }

    /// <summary>The heartbeat in force: the granted one while connected, otherwise the one that is asked for.</summary>
    public TimeSpan Heartbeat { get; init; }

    /// <summary>While <see cref="GatewayClientStatus.Waiting"/>: how long the wait is, counted from <see cref="Since"/>. Otherwise null.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Why the last connection or attempt ended; null before the first end.</summary>
    public DisconnectInfo? LastDisconnect { get; init; }

    /// <summary>When this state began, by this machine's clock.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>What is added to this machine's clock to date frames; zero unless the gateway said that the clock is wrong.</summary>
    public TimeSpan ClockOffset { get; init; }
}
