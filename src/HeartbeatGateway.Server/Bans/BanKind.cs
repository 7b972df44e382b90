namespace HeartbeatGateway.Server.Bans;

/// <summary>What a ban is about.</summary>
public enum BanKind
{
    /// <summary>A client id.</summary>
    Client,

    /// <summary>An address or a network.</summary>
    Address,

    /// <summary>A token key.</summary>
    Key,
}
