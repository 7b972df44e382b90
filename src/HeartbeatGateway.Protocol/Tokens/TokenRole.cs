namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>Which end of the connection a keyring serves: it signs its own direction and accepts only the other one.</summary>
public enum TokenRole
{
    /// <summary>Verifies client → gateway, signs gateway → client.</summary>
    Gateway,

    /// <summary>Verifies gateway → client, signs client → gateway.</summary>
    Client,
}
