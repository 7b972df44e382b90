namespace HeartbeatGateway.Server.Reconnects;

/// <summary>What <see cref="AddressReconnectTracker"/> made of a connection when it connected.</summary>
internal enum ReconnectCandidateState : byte
{
    /// <summary>It follows no other, and is not waited for to turn out to.</summary>
    Uncounted,

    /// <summary>Others were open: one of them may turn out to have ended before it came.</summary>
    Newcomer,

    /// <summary>It follows one that had ended, and was counted.</summary>
    Counted,
}
