using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Options;

/// <summary>How frames are signed and verified, from the command line.</summary>
/// <param name="Keyring">Scheme, secrets, time zone and accepted age.</param>
/// <param name="NameKey">True when tokens start with the id of their key.</param>
/// <param name="Secrets">The secrets as text, in the keyring's order; used to try common encoder mistakes.</param>
internal sealed record TokenSettings(TokenKeyringOptions Keyring, bool NameKey, IReadOnlyList<string> Secrets)
{
    /// <summary>The keyring of one end of a connection.</summary>
    public TokenKeyring For(TokenRole role) => new(Keyring, role);

    /// <summary>Signs with the first key, with or without the key id in the token.</summary>
    public TokenSigner Signer(TokenRole role)
    {
        var key = For(role).Keys[0];
        return NameKey ? key.Named : key.Bare;
    }
}
