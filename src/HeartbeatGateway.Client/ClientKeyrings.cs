using System.Runtime.CompilerServices;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client;

/// <summary>
/// One keyring for all clients that were given the same options instance: a keyring keeps the tokens of recent pings, which is
/// cheap for a program but not for each of ten thousand clients in it.
/// </summary>
internal static class ClientKeyrings
{
    private static readonly ConditionalWeakTable<TokenKeyringOptions, TokenKeyring> Shared = [];

    /// <exception cref="ArgumentException">The options cannot be used; the message says why.</exception>
    public static TokenKeyring For(TokenKeyringOptions options) => Shared.GetValue(options, static o => new TokenKeyring(o, TokenRole.Client));
}
