using System.Collections.Immutable;
using System.Net;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client;

/// <summary>What a <see cref="GatewayClient"/> is told. Immutable: share it, and derive others from it by <c>with</c>.</summary>
public sealed record GatewayClientOptions
{
    /// <summary>
    /// Where the gateway listens: <see cref="DnsEndPoint"/> or <see cref="IPEndPoint"/>; see <see cref="ParseEndpoint"/>. Names are
    /// resolved anew for each attempt, and all addresses of all endpoints are tried in random order.
    /// </summary>
    public required ImmutableArray<EndPoint> Endpoints { get; init; }

    /// <summary>
    /// Scheme, secrets, time zone and largest age of dates; must be what the gateway has. The first secret signs. Clients that are given
    /// the same instance share what is computed from it.
    /// </summary>
    public required TokenKeyringOptions Tokens { get; init; }

    /// <summary>Writes the key's id and a dot in front of tokens, where the scheme knows ids. Default: false.</summary>
    public bool NameKey { get; init; }

    /// <summary>Who this client is: 1 to 128 characters of <c>A–Z a–z 0–9 . _ : -</c>. Null (default): anonymous, no hello is sent.</summary>
    public string? ClientId { get; init; }

    /// <summary>
    /// A ping is sent when nothing was written, or nothing was read, for so long. Default: 5 s, below the gateway's limit of 7 s. With a
    /// <see cref="ClientId"/> this is asked for, and the gateway's welcome may grant another, which then holds for that connection;
    /// below the smaller of this and 1 s it is not followed. From 10 ms to a day.
    /// </summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The gateway is taken for dead when no byte was received for so long. Default: 10 s, two heartbeats. Longer than
    /// <see cref="Heartbeat"/>, at most two days. When a longer heartbeat is granted, two granted ones if that is more; when a shorter one is, the same share of it, but not below 10 s.
    /// For the first answer on a connection it has at most <see cref="ConnectTimeout"/>, or 10 s if that is more.
    /// </summary>
    public TimeSpan ServerTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For TCP connect and TLS handshake of one address, and for resolving names. Default: 10 s. From 1 ms to a day.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The very first attempt is delayed by a random time up to this, so that a fleet that is switched on at once does not connect at once. Default: 1 s; 0 for none.</summary>
    public TimeSpan InitialJitter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Retry n (from 0) is delayed by a random time up to the smaller of <see cref="BackoffMax"/> and this × 2ⁿ: capped first, then jittered. Default: 1 s.</summary>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The largest such delay. Default: 60 s. Not below <see cref="BackoffBase"/>, at most a day.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The backoff starts from its beginning only after a connection that lived so long after it was accepted. Default: 30 s.</summary>
    public TimeSpan BackoffResetAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Frames that may wait to be sent. Default: 1,000.</summary>
    public int SendQueueCapacity { get; init; } = 1000;

    /// <summary>Bytes on the wire (158 a frame and its content) that may wait to be sent. Default: 1 MiB. A larger frame is refused.</summary>
    public int SendQueueBytes { get; init; } = 1024 * 1024;

    /// <summary>What happens to a frame for which there is no room. Default: <see cref="SendQueueFull.Wait"/>.</summary>
    public SendQueueFull SendQueueFullMode { get; init; }

    /// <summary>Messages received and not yet enumerated. Default: 1,000. When full, the oldest are dropped and counted.</summary>
    public int ReceiveQueueCapacity { get; init; } = 1000;

    /// <summary>Content bytes of those messages. Default: 16 MiB; not below <see cref="MaxContentBytes"/>. When full, the oldest are dropped and counted.</summary>
    public int ReceiveQueueBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>The largest content accepted from the gateway, in bytes; a larger one ends the connection before anything is allocated. Default: 1 MiB.</summary>
    public int MaxContentBytes { get; init; } = 1024 * 1024;

    /// <summary>TLS. Null (default): plain TCP.</summary>
    public GatewayClientTls? Tls { get; init; }

    /// <summary>The address of this machine to connect from; endpoints of the other address family are then left out. Null (default): the system chooses.</summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary><see cref="GatewayClient.DisposeAsync"/>: time for what is queued to be sent and for the gateway's end of stream. Default: 2 s; 0 closes at once.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Understands <c>host:8081</c>, <c>192.0.2.1:8081</c> and <c>[2001:db8::1]:8081</c>.</summary>
    /// <exception cref="GatewayClientOptionsException">The text is none of these; the message says what is missing.</exception>
    public static EndPoint ParseEndpoint(string text) => EndpointText.Parse(text);

    /// <summary>Checks every property; the constructor of <see cref="GatewayClient"/> does so too.</summary>
    /// <exception cref="GatewayClientOptionsException">A property is wrong; the message names it and what it may be.</exception>
    public void Validate() => GatewayClientOptionsValidator.Validate(this);
}
