using System.Security.Cryptography;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Server.Context;

/// <summary>
/// The random key of the liveness probe, which no configuration holds. It verifies frames on the probe's own connections only, so the probe works whatever
/// scheme and keys are configured, and its ping is worth nothing elsewhere.
/// </summary>
internal sealed class ProbeKey
{
    private const int SecretBytes = 32;

    private ProbeKey(TokenSecret secret)
    {
        var options = new TokenKeyringOptions { Secrets = [secret] };
        Keyring = new TokenKeyring(options, TokenRole.Gateway);
        Signer = new TokenKeyring(options, TokenRole.Client).Keys[0].Bare;
    }

    /// <summary>Verifies the probe's frames.</summary>
    public TokenKeyring Keyring { get; }

    /// <summary>Signs the probe's ping as a client would.</summary>
    public TokenSigner Signer { get; }

    public static ProbeKey Create() => new(new TokenSecret("probe", Convert.ToHexString(RandomNumberGenerator.GetBytes(SecretBytes))));
}
