using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client;

/// <summary>
/// The secrets of a configuration section. Secret files are read again at each call, so that a replaced file applies to the next attempt. The
/// same instance is returned while no secret has changed.
/// </summary>
internal sealed class ConfiguredTokens(GatewayClientSettings.TokenSettings settings)
{
    private readonly Lock _lock = new();
    private string[] _texts = [];
    private TokenKeyringOptions? _current;

    /// <exception cref="GatewayClientOptionsException">A secret is missing, a file cannot be read, or the time zone is not known.</exception>
    public TokenKeyringOptions Current()
    {
        lock (_lock)
        {
            var texts = settings.Keys.Select(Text).ToArray();
            if (_current is not null && texts.SequenceEqual(_texts, StringComparer.Ordinal)) return _current;
            var options = new TokenKeyringOptions { Scheme = settings.Scheme, Secrets = [.. settings.Keys.Select((key, i) => Secret(key.Id, texts[i]))] };
            if (settings.MaxAge is { } maxAge) options = options with { MaxAge = maxAge };
            if (settings.TimeZone is { } zone) options = options with { TimeZone = Zone(zone) };
            (_texts, _current) = (texts, options);
            return options;
        }
    }

    private static TokenSecret Secret(string id, string text)
    {
        try
        {
            return new TokenSecret(id, text);
        }
        catch (ArgumentException e)
        {
            throw new GatewayClientOptionsException("Tokens.Keys", $"has a key '{id}' that is not valid: {e.Message}", e);
        }
    }

    /// <summary>A file is read by the rule of the gateway and of hbg, so that one file gives all of them the same secret.</summary>
    private static string Text(GatewayClientSettings.KeySettings key)
    {
        if (key.Secret is not null && key.SecretFile is null) return key.Secret;
        if (key.SecretFile is null || key.Secret is not null)
        {
            throw new GatewayClientOptionsException("Tokens.Keys", $"needs either Secret or SecretFile for the key '{key.Id}'");
        }

        try
        {
            if (SecretFile.TryRead(File.ReadAllBytes(key.SecretFile), out var text, out _, out var error)) return text;
            throw new GatewayClientOptionsException("Tokens.Keys", $"has a SecretFile '{key.SecretFile}' that {error}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GatewayClientOptionsException("Tokens.Keys", $"has a SecretFile '{key.SecretFile}' that cannot be read: {e.Message}", e);
        }
    }

    private static FrameTimeZone Zone(string text) => FrameTimeZone.TryParse(text, out var zone, out var fault)
        ? zone
        : throw new GatewayClientOptionsException("Tokens.TimeZone", $"is '{text}' and is not a time zone: {fault}");
}
