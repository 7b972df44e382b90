using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Server.Telemetry;

/// <summary>How a client was recognised; the label <c>identity</c> of <c>reconnects_total</c>.</summary>
internal enum ReconnectIdentity
{
    Client,
    Address,
}

/// <summary>The result of handling an application message; the label <c>outcome</c> of <c>messages_total</c>.</summary>
internal enum MessageOutcome
{
    /// <summary>The sink accepted it.</summary>
    Accepted,

    /// <summary>The sink threw; the message is lost and the log says why.</summary>
    Failed,

    /// <summary>The connection ended while the sink was full.</summary>
    Abandoned,
}

/// <summary>Why a frame for a client was not sent; the label <c>reason</c> of <c>outbound_dropped_total</c>.</summary>
internal enum DropReason
{
    /// <summary>It would have exceeded the bound of pending bytes.</summary>
    PendingLimit,

    /// <summary>The connection had ended, or ended before the frame was sent.</summary>
    ConnectionEnded,
}

/// <summary>Why a token was refused; the label <c>cause</c> of <c>token_failures_total</c>.</summary>
internal enum TokenFailure
{
    Malformed,
    UnknownKey,
    Mismatch,
    Expired,
    Future,
    Replayed,
}

/// <summary>
/// What came before the end of a connection whose peer closed it without a byte of its own, as health checks of load balancers do; the label
/// <c>kind</c> of <c>probe_connections_total</c>.
/// </summary>
internal enum ProbeKind : byte
{
    /// <summary>Nothing.</summary>
    NoByte,

    /// <summary>Nothing, not even a PROXY header, from a trusted network.</summary>
    NoHeader,

    /// <summary>A complete PROXY header that names no client, such as one with the command LOCAL.</summary>
    LocalHeader,

    /// <summary>A complete PROXY header that names a client.</summary>
    ClientHeader,
}

/// <summary>The closed label sets of the metrics and their spelling. An unmapped value is a bug and throws.</summary>
internal static class MetricLabels
{
    /// <summary>The labels <c>mode</c> of <c>automatic_bans_total</c>.</summary>
    public const string Observe = "observe";

    /// <inheritdoc cref="Observe"/>
    public const string Enforce = "enforce";

    /// <summary>The label <c>transport</c>.</summary>
    public static string Of(TransportKind transport) => transport switch
    {
        TransportKind.Tcp => "tcp",
        TransportKind.WebSocket => "websocket",
        _ => throw new ArgumentOutOfRangeException(nameof(transport), transport, "This transport has no label."),
    };

    /// <summary>The label <c>kind</c> of <c>timeouts_total</c> for a close reason; null for reasons that are no timeout.</summary>
    public static string? TimeoutKindOf(CloseReason reason) => reason switch
    {
        CloseReason.ReaderIdle => "reader_idle",
        CloseReason.AllIdle => "all_idle",
        CloseReason.HandshakeTimeout => "handshake",
        CloseReason.FrameTimeout => "frame",
        CloseReason.SlowConsumer => "write",
        _ => null,
    };

    public static string Of(ReconnectIdentity identity) => identity switch
    {
        ReconnectIdentity.Client => "client",
        ReconnectIdentity.Address => "address",
        _ => throw Unmapped(identity),
    };

    public static string Of(MessageOutcome outcome) => outcome switch
    {
        MessageOutcome.Accepted => "accepted",
        MessageOutcome.Failed => "failed",
        MessageOutcome.Abandoned => "abandoned",
        _ => throw Unmapped(outcome),
    };

    public static string Of(DropReason reason) => reason switch
    {
        DropReason.PendingLimit => "pending_limit",
        DropReason.ConnectionEnded => "connection_ended",
        _ => throw Unmapped(reason),
    };

    /// <summary>The results that end a numbered message.</summary>
    public static DeliveryResult[] PushResults { get; } = [DeliveryResult.Delivered, DeliveryResult.Expired, DeliveryResult.Dropped];

    /// <param name="result">One of <see cref="PushResults"/>; the label <c>result</c> of <c>pushes_total</c>.</param>
    public static string Of(DeliveryResult result) => result switch
    {
        DeliveryResult.Delivered => "delivered",
        DeliveryResult.Expired => "expired",
        DeliveryResult.Dropped => "dropped",
        _ => throw Unmapped(result),
    };

    public static string Of(TokenFailure failure) => failure switch
    {
        TokenFailure.Malformed => "malformed",
        TokenFailure.UnknownKey => "unknown_key",
        TokenFailure.Mismatch => "mismatch",
        TokenFailure.Expired => "expired",
        TokenFailure.Future => "future",
        TokenFailure.Replayed => "replayed",
        _ => throw Unmapped(failure),
    };

    public static string Of(ProbeKind kind) => kind switch
    {
        ProbeKind.NoByte => "no_byte",
        ProbeKind.NoHeader => "no_header",
        ProbeKind.LocalHeader => "local_header",
        ProbeKind.ClientHeader => "client_header",
        _ => throw Unmapped(kind),
    };

    public static string Of(LineKind kind) => kind switch
    {
        LineKind.Lifecycle => "lifecycle",
        LineKind.Handshake => "handshake",
        LineKind.Refusal => "refusal",
        LineKind.Limit => "limit",
        LineKind.Message => "message",
        LineKind.Failure => "failure",
        _ => throw Unmapped(kind),
    };

    public static string Of(HelloFlaw flaw) => flaw switch
    {
        HelloFlaw.ByteOrderMark => "byte_order_mark",
        HelloFlaw.WrongEncoding => "wrong_encoding",
        HelloFlaw.TrailingComma => "trailing_comma",
        HelloFlaw.Comment => "comment",
        HelloFlaw.TrailingBytes => "trailing_bytes",
        HelloFlaw.Incomplete => "incomplete",
        HelloFlaw.TooDeep => "too_deep",
        HelloFlaw.InvalidJson => "invalid_json",
        HelloFlaw.NotObject => "not_object",
        HelloFlaw.WrongKey => "wrong_key",
        HelloFlaw.Nested => "nested",
        HelloFlaw.MissingClientId => "missing_client_id",
        HelloFlaw.WrongType => "wrong_type",
        _ => throw Unmapped(flaw),
    };

    /// <summary>The failure that an outcome stands for; null for outcomes that are no failure of the token.</summary>
    public static TokenFailure? FailureOf(TokenOutcome outcome) => outcome switch
    {
        TokenOutcome.Malformed => TokenFailure.Malformed,
        TokenOutcome.UnknownKey => TokenFailure.UnknownKey,
        TokenOutcome.Mismatch => TokenFailure.Mismatch,
        TokenOutcome.Expired => TokenFailure.Expired,
        TokenOutcome.Future => TokenFailure.Future,
        TokenOutcome.Verified or TokenOutcome.BadDate => null,
        _ => throw Unmapped(outcome),
    };

    private static ArgumentOutOfRangeException Unmapped<T>(T value) => new(nameof(value), value, $"This {typeof(T).Name} has no label.");
}
