namespace HeartbeatGateway.Server.Telemetry;

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
