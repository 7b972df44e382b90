using System.Net;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Client;

/// <summary>An immutable snapshot of a <see cref="GatewayClient"/>.</summary>
public sealed record GatewayClientState
{
    /// <summary>The status of the client.</summary>
    public GatewayClientStatus Status { get; init; }

    /// <summary>The number of connection attempts since the start, one per address tried. The hello of an attempt carries this number.</summary>
    public long Attempt { get; init; }

    /// <summary>The address that is being tried or is connected; null otherwise, and while names are resolved.</summary>
    public EndPoint? Endpoint { get; init; }

    /// <summary>The session id from the most recent welcome; null before the first welcome.</summary>
    public string? SessionId { get; init; }

    /// <summary>While connected and identified: the generation of this identity. Otherwise null.</summary>
    public long? Generation { get; init; }

    /// <summary>While connected: the gateway has recognised this client as a reconnect.</summary>
    public bool Reconnected { get; init; }

    /// <summary>While connected: the gateway has resumed the previous session.</summary>
    public bool Resumed { get; init; }

    /// <summary>The current heartbeat interval: the granted one while connected, otherwise the requested one.</summary>
    public TimeSpan Heartbeat { get; init; }

    /// <summary>While <see cref="GatewayClientStatus.Waiting"/>: the length of the wait, counted from <see cref="Since"/>. Otherwise null.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Why the most recent connection or attempt ended; null before the first end.</summary>
    public DisconnectInfo? LastDisconnect { get; init; }

    /// <summary>When this state began, according to this machine's clock.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>The offset that is added to this machine's clock to date frames; zero unless the gateway reported that the clock is wrong.</summary>
    public TimeSpan ClockOffset { get; init; }

    /// <summary>While connected: messages are numbered and acknowledged; see <see cref="GatewayClientOptions.Acknowledgements"/>.</summary>
    public bool AcknowledgementsGranted { get; init; }

    /// <summary>
    /// The number of messages that were sent with a number and are not acknowledged: in <see cref="GatewayClient.State"/> now, in events and watched states when
    /// the state began.
    /// </summary>
    public int UnacknowledgedMessages { get; init; }

    /// <summary>The state after the gateway has answered.</summary>
    internal GatewayClientState Connected(EndPoint? endpoint, WelcomePayload? welcome, TimeSpan heartbeat, long attempt, bool acknowledged) => this with
    {
        Status = GatewayClientStatus.Connected,
        Endpoint = endpoint,
        SessionId = welcome?.SessionId ?? SessionId,
        Generation = welcome?.Generation,
        Reconnected = welcome?.Reconnected ?? false,
        Resumed = welcome?.Resumed ?? false,
        Heartbeat = heartbeat,
        Attempt = attempt,
        AcknowledgementsGranted = acknowledged,
    };
}
