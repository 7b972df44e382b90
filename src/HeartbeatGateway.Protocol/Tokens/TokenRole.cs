namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The end of the connection that a keyring is for. With hmac-sha256 the keyring signs one direction and verifies only the other.</summary>
public enum TokenRole
{
    /// <summary>The keyring verifies client → gateway and signs gateway → client.</summary>
    Gateway,

    /// <summary>The keyring verifies gateway → client and signs client → gateway.</summary>
    Client,
}
