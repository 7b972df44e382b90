namespace HeartbeatGateway.Connections.Reconnects;

/// <summary>What <see cref="AddressHistory"/> made of a connection when it connected.</summary>
internal enum AddressTrace : byte
{
    /// <summary>It is not in the history: not connected, without an address, or known by name.</summary>
    None,

    /// <summary>The only open one of its address, following none.</summary>
    Alone,

    /// <summary>Others were open: one of them may turn out to have ended before it came.</summary>
    Newcomer,

    /// <summary>It follows one that had ended, and was counted.</summary>
    Counted,
}
