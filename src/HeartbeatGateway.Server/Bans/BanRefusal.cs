namespace HeartbeatGateway.Server.Bans;

/// <summary>Why a ban cannot be added.</summary>
public enum BanRefusal
{
    /// <summary>It can be added.</summary>
    None,

    /// <summary>All its addresses are those of trusted proxies, which are never banned.</summary>
    TrustedProxy,

    /// <summary>There are as many bans as the list may hold.</summary>
    Full,

    /// <summary>It has expired.</summary>
    Expired,
}
