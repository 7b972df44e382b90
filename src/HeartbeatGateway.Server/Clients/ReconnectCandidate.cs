namespace HeartbeatGateway.Server.Clients;

/// <summary>What <see cref="AddressReconnectTracker"/> made of a connection when it connected.</summary>
internal enum CandidateState : byte
{
    /// <summary>It follows no other connection, and cannot turn out to.</summary>
    Uncounted,

    /// <summary>Others were open: one of them may turn out to have ended before it connected.</summary>
    Pending,

    /// <summary>It follows a connection that had ended, and was counted.</summary>
    Counted,

    /// <summary>No candidate, but an ended connection that had reached an idle timeout. The one that follows it takes it over as <see cref="Counted"/>.</summary>
    TimedOut,
}

/// <summary>
/// The state of a connection in reconnect recognition by address. A separate object: the tracker keeps it longer than the connection lasts, and must
/// not keep the connection.
/// </summary>
internal class ReconnectCandidate(CandidateState state)
{
    /// <summary>Shared by all connections whose state does not change.</summary>
    public static readonly ReconnectCandidate Uncounted = new(CandidateState.Uncounted);

    /// <inheritdoc cref="CandidateState.Counted"/>
    public static readonly ReconnectCandidate Counted = new(CandidateState.Counted);

    /// <summary>Timestamp of the idle timeout of the connection that it follows; 0 when that ended otherwise, or when it follows none.</summary>
    public virtual long TimedOutAt => 0;

    /// <summary>Read and written under the tracker's lock.</summary>
    public CandidateState State { get; set; } = state;
}

/// <summary>The end of a connection that had reached an idle timeout; see <see cref="CandidateState.TimedOut"/>.</summary>
internal sealed class TimedOutEnd(long timedOutAt) : ReconnectCandidate(CandidateState.TimedOut)
{
    public override long TimedOutAt => timedOutAt;
}
