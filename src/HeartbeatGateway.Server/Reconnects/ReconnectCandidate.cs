namespace HeartbeatGateway.Server.Reconnects;

/// <summary>
/// What the history of an address knows of a connection. An object of its own: the history keeps it for longer than the connection lasts,
/// and must not keep that.
/// </summary>
internal sealed class ReconnectCandidate(ReconnectCandidateState trace)
{
    /// <summary>For connections that are not waited for: shared, since nothing will change for them.</summary>
    public static readonly ReconnectCandidate Uncounted = new(ReconnectCandidateState.Uncounted);

    /// <inheritdoc cref="ReconnectCandidateState.Counted"/>
    public static readonly ReconnectCandidate Counted = new(ReconnectCandidateState.Counted);

    /// <summary>Read and written under the history's lock.</summary>
    public ReconnectCandidateState Trace { get; set; } = trace;
}
