using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Options;

/// <summary>How frames are signed and verified, as the command line told.</summary>
/// <param name="Keyring">Scheme, secrets, time zone and age.</param>
/// <param name="NameKey">Tokens are written with the key's id in front.</param>
/// <param name="Secrets">The secrets' texts, in the keyring's order; for trying what a device may have done with them.</param>
internal sealed record TokenSettings(TokenKeyringOptions Keyring, bool NameKey, IReadOnlyList<string> Secrets)
{
    /// <summary>Verifies and signs as one end of a connection does.</summary>
    public TokenKeyring For(TokenRole role) => new(Keyring, role);

    /// <summary>Signs with the first key, in the form that was asked for.</summary>
    public TokenSigner Signer(TokenRole role)
    {
        var key = For(role).Keys[0];
        return NameKey ? key.Named : key.Bare;
    }
}
