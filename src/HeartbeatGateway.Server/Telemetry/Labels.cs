using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Server.Telemetry;

/// <summary>The spelling of closed label sets. An unmapped value is a bug and throws.</summary>
internal static class Labels
{
    public static string Of(TimeoutKind kind) => kind switch
    {
        TimeoutKind.ReaderIdle => "reader_idle",
        TimeoutKind.AllIdle => "all_idle",
        TimeoutKind.Handshake => "handshake",
        TimeoutKind.Frame => "frame",
        TimeoutKind.Write => "write",
        _ => throw Unmapped(kind),
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
