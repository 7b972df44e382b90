using System.Runtime.CompilerServices;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client;

/// <summary>
/// Shares one keyring among all clients that use the same options instance. A keyring caches the tokens of recent pings. One cache
/// per process is cheap; one for each of ten thousand clients in a process is not.
/// </summary>
internal static class ClientKeyrings
{
    private static readonly ConditionalWeakTable<TokenKeyringOptions, TokenKeyring> Shared = [];

    /// <exception cref="ArgumentException">The options are not valid; the message states why.</exception>
    public static TokenKeyring For(TokenKeyringOptions options) => Shared.GetValue(options, static o => new TokenKeyring(o, TokenRole.Client));
}
