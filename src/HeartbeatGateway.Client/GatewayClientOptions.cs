using System.Collections.Immutable;
using System.Net;
using HeartbeatGateway.Protocol.Tokens;
using Microsoft.Extensions.Configuration;

namespace HeartbeatGateway.Client;

/// <summary>The configuration of a <see cref="GatewayClient"/>. Immutable: instances can be shared, and varied with <c>with</c>.</summary>
public sealed record GatewayClientOptions
{
    /// <summary>
    /// The endpoints of the gateway: <see cref="DnsEndPoint"/> or <see cref="IPEndPoint"/>; see <see cref="ParseEndpoint"/>. Names are
    /// resolved again for each attempt. All addresses of all endpoints are tried in random order.
    /// </summary>
    public required ImmutableArray<EndPoint> Endpoints { get; init; }

    /// <summary>
    /// Token scheme, secrets, time zone and maximum age of dates; must match the gateway's settings. The first secret signs. Clients that
    /// use the same instance share what is computed from it.
    /// </summary>
    public required TokenKeyringOptions Tokens { get; init; }

    /// <summary>
    /// Returns the current secrets; called before each connection attempt, so that secrets can rotate without a new client. Return the same
    /// instance while nothing has changed. When it throws or returns secrets that are not valid, the previous ones stay in use and a warning is
    /// logged. Null (default): always <see cref="Tokens"/>, which is also what the first attempt falls back to.
    /// </summary>
    public Func<TokenKeyringOptions>? TokenSource { get; init; }

    /// <summary>Whether tokens are prefixed with the key's id and a dot, if the scheme supports key ids. Default: false.</summary>
    public bool NameKey { get; init; }

    /// <summary>
    /// The id of this client: 1 to 128 characters of <c>A–Z a–z 0–9 . _ : -</c>. Null (default): the client is anonymous and sends no hello.
    /// </summary>
    public string? ClientId { get; init; }

    /// <summary>
    /// What the hello of a client with a <see cref="ClientId"/> gives as its library, so that operators see which version a client runs: name, slash and
    /// version, up to 64 printable ASCII characters. Null (default): <c>heartbeatgateway-dotnet/</c> and the version of this package.
    /// </summary>
    public string? Library { get; init; }

    /// <summary>
    /// The heartbeat interval: a ping is sent when nothing was written, or nothing was read, for this time. Default: 5 s, below the
    /// gateway's limit of 7 s. From 10 ms to a day. With a <see cref="ClientId"/> the client requests this interval; the gateway's welcome
    /// may grant another one for the connection. A granted interval has a lower bound: the smaller of this value and 1 s.
    /// </summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The gateway is considered dead when no byte was received for this time. Default: 10 s, two heartbeats. Longer than
    /// <see cref="Heartbeat"/>, at most two days. When the gateway grants a longer heartbeat, the timeout is at least two granted heartbeats.
    /// When it grants a shorter one, the timeout shrinks in proportion, but not below 10 s. For the first answer on a connection, the limit
    /// is the smaller of this value and the larger of <see cref="ConnectTimeout"/> and 10 s.
    /// </summary>
    public TimeSpan ServerTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The time limit for the TCP connect and TLS handshake with one address, and for resolving names. Default: 10 s. From 1 ms to a day.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The maximum of the random delay before the very first attempt. It spreads the connects of a fleet that starts at the same moment.
    /// Default: 1 s; 0 for none.
    /// </summary>
    public TimeSpan InitialJitter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The base of the jittered backoff: retry n (from 0) is delayed by a random time up to the smaller of <see cref="BackoffMax"/> and
    /// this × 2ⁿ. The delay is capped first, then jittered. Default: 1 s.
    /// </summary>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The maximum backoff delay. Default: 60 s. Not below <see cref="BackoffBase"/>, at most a day.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The backoff resets only after a connection that stayed up for this time after the gateway's first answer. Default: 30 s.</summary>
    public TimeSpan BackoffResetAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The maximum number of frames in the send queue. Default: 1,000.</summary>
    public int SendQueueCapacity { get; init; } = 1000;

    /// <summary>
    /// The maximum number of bytes in the send queue, counted as on the wire: 158 per frame plus its content. Default: 1 MiB. A larger frame
    /// is rejected.
    /// </summary>
    public int SendQueueBytes { get; init; } = 1024 * 1024;

    /// <summary>What happens to a frame when the send queue is full. Default: <see cref="SendQueueFull.Wait"/>.</summary>
    public SendQueueFull SendQueueFullMode { get; init; }

    /// <summary>
    /// Whether messages are numbered and acknowledged, in both directions, with gateways that support it. A message is then kept until the gateway has
    /// acknowledged it, and is sent again after a reconnect; a message from the gateway that arrives twice is dropped. Needs a <see cref="ClientId"/>, and
    /// tokens that cover the created field: <c>hmac-sha256</c>, or <c>digest</c> with <c>{created}</c>. Default: false.
    /// </summary>
    public bool Acknowledgements { get; init; }

    /// <summary>
    /// With <see cref="Acknowledgements"/>: the maximum number of messages that were sent and are not acknowledged. At the maximum no further message is sent; it
    /// waits in the send queue, whose <see cref="SendQueueFullMode"/> decides when that is full too. A sent message is never dropped for room. Default: 100. A
    /// gateway stops reading from a client with more than its own maximum (128 by default), and then reads no heartbeat either: stay below it.
    /// </summary>
    public int MaxUnacknowledged { get; init; } = 100;

    /// <summary>
    /// With <see cref="Acknowledgements"/>: the maximum number of bytes in those messages, counted as for <see cref="SendQueueBytes"/>. A larger message is sent
    /// when no other is unacknowledged. Default: 192 KiB, below the default of the gateway, 256 KiB, for the same reason.
    /// </summary>
    public int MaxUnacknowledgedBytes { get; init; } = 192 * 1024;

    /// <summary>
    /// The maximum number of received messages that are not yet enumerated. Default: 1,000. When full, <see cref="ReceiveQueueFullMode"/> decides.
    /// </summary>
    public int ReceiveQueueCapacity { get; init; } = 1000;

    /// <summary>
    /// The maximum number of content bytes in those messages. Default: 16 MiB; not below <see cref="MaxContentBytes"/>. When full,
    /// <see cref="ReceiveQueueFullMode"/> decides.
    /// </summary>
    public int ReceiveQueueBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// What happens to a message from the gateway when the receive queue is full. Default: <see cref="ReceiveQueueFull.DropOldest"/>. Each drop
    /// is counted, logged, and reported by <see cref="GatewayClient.MessagesDropped"/>. With <see cref="Acknowledgements"/>, an acknowledgement tells the
    /// gateway that the client has received the message: one that is dropped here is acknowledged too, and not sent again. With
    /// <see cref="ReceiveQueueFull.Wait"/> no acknowledged message is dropped.
    /// </summary>
    public ReceiveQueueFull ReceiveQueueFullMode { get; init; }

    /// <summary>
    /// The maximum content of a frame from the gateway, in bytes. A larger length ends the connection before anything is allocated. It is also
    /// the limit for sent messages until a gateway states its own limit in the welcome. Default: 1 MiB.
    /// </summary>
    public int MaxContentBytes { get; init; } = 1024 * 1024;

    /// <summary>The TLS settings. Null (default): plain TCP.</summary>
    public GatewayClientTls? Tls { get; init; }

    /// <summary>
    /// The local address to connect from; endpoints of the other address family are then skipped. Null (default): the system chooses.
    /// </summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>
    /// The time limit of the graceful shutdown in <see cref="GatewayClient.DisposeAsync"/>: for sending the queued frames, for their acknowledgements, and
    /// for the gateway's end of stream. Default: 2 s; 0 closes immediately.
    /// </summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether the host stops when the gateway has ended the client permanently. Only for clients that
    /// <see cref="GatewayClientServiceCollectionExtensions"/> registered. Default: false, the host runs on; then watch
    /// <see cref="GatewayClient.Completion"/> or the health check.
    /// </summary>
    public bool StopHostWhenClosed { get; init; }

    /// <summary>
    /// Reads options from a section whose keys are the property names, with <c>Endpoints</c> as a list of texts, <c>Tokens</c> with
    /// <c>Scheme</c>, <c>TimeZone</c>, <c>MaxAge</c> and <c>Keys</c> (<c>Id</c>, and <c>Secret</c> or <c>SecretFile</c>), and <c>Tls</c> with
    /// <c>ServerName</c>, <c>CertificateFile</c>, <c>KeyFile</c>, <c>TrustedRootsFile</c> and <c>RevocationMode</c>. Files are PEM. Secret files and
    /// the client certificate are read again for each attempt, so they can be replaced while the client runs.
    /// </summary>
    /// <param name="section">The section of one client.</param>
    /// <exception cref="GatewayClientOptionsException">A key is unknown, or a value is not valid; the message names it.</exception>
    public static GatewayClientOptions FromConfiguration(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return GatewayClientConfiguration.Read(section);
    }

    /// <summary>Parses <c>host:8081</c>, <c>192.0.2.1:8081</c> and <c>[2001:db8::1]:8081</c>.</summary>
    /// <exception cref="GatewayClientOptionsException">The text has none of these forms; the message states the fault.</exception>
    public static EndPoint ParseEndpoint(string text) => EndpointText.Parse(text);

    /// <summary>Validates every property. The constructor of <see cref="GatewayClient"/> does the same.</summary>
    /// <exception cref="GatewayClientOptionsException">A property is not valid; the message names it and its valid values.</exception>
    public void Validate() => GatewayClientOptionsValidator.Validate(this);
}
