using HeartbeatGateway.Protocol.Tokens;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client;

/// <summary>
/// The secrets of a client. <see cref="Refresh"/> asks the token source before each attempt, so rotated secrets apply from the next
/// connection on, and a connection keeps the ones that it began with. Used only by the attempt in flight.
/// </summary>
internal sealed class ClientTokens
{
    private readonly GatewayClientOptions _options;
    private readonly ILogger _logger;
    private readonly string _clientId;

    public ClientTokens(GatewayClientOptions options, ILogger logger, string clientId)
    {
        (_options, _logger, _clientId) = (options, logger, clientId);
        Keyring = ClientKeyrings.For(options.Tokens);
        Signer = SignerOf(Keyring);
    }

    public TokenKeyring Keyring { get; private set; }

    public TokenSigner Signer { get; private set; }

    /// <summary>Takes the current secrets of the source. When the source fails or its secrets are not valid, the previous ones stay.</summary>
    public void Refresh()
    {
        if (_options.TokenSource is not { } source) return;
        try
        {
            var keyring = ClientKeyrings.For(source());
            if (ReferenceEquals(keyring, Keyring)) return;
            (Keyring, Signer) = (keyring, SignerOf(keyring));
            _logger.TokensRotated(_clientId);
        }
        catch (Exception e)
        {
            _logger.TokenSourceFailed(_clientId, e);
        }
    }

    private TokenSigner SignerOf(TokenKeyring keyring) => _options.NameKey ? keyring.Keys[0].Named : keyring.Keys[0].Bare;
}
