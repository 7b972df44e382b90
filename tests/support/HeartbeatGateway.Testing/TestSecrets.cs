using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Testing;

/// <summary>The secret that all tests share, and a client's keyring with it.</summary>
public static class TestSecrets
{
    public const string KeyId = "k1";
    public const string Secret = "a secret for tests only";

    public static TokenKeyring ClientKeyring(TokenScheme scheme = TokenScheme.HmacSha256) => new(
        new TokenKeyringOptions { Scheme = scheme, Secrets = [new TokenSecret(KeyId, Secret)] }, TokenRole.Client);
}
