using System.Collections.Immutable;
using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Options;

/// <summary>The options for secrets and tokens, which several commands share.</summary>
internal sealed class TokenOptionSet
{
    /// <summary>The environment variable with the secret, used when no option gives one.</summary>
    public const string SecretVariable = "HBG_SECRET";

    /// <summary>The secret of a gateway in the Development environment.</summary>
    public const string DevelopmentSecret = "heartbeatgateway-development-secret";

    private readonly Option<string[]> _secrets = new("--secret")
    {
        Description = "The secret that signs and verifies. All users of this machine can see it in the process list (ps); "
            + $"--secret-file and {SecretVariable} avoid that. Repeatable, like --secret-file: all secrets verify, the first one signs.",
        HelpName = "text",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string[]> _files = new("--secret-file")
    {
        Description = "A file with a secret, as UTF-8 text; one newline at its end is ignored.",
        HelpName = "file",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string[]> _ids = new("--key-id")
    {
        Description = "The id of the key, 1 to 6 characters of A-Z a-z 0-9 _ -; generated tokens then start with it. "
            + "Repeatable, in the order of the secrets (--secret before --secret-file). Default: k1, k2, ... which tokens do not include.",
        HelpName = "id",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string> _scheme = new("--scheme") { Description = "The token scheme.", DefaultValueFactory = _ => "hmac-sha256" };
    private readonly Option<string> _algorithm = new("--digest-algorithm")
    {
        Description = "Scheme digest: the hash algorithm.",
        DefaultValueFactory = _ => "SHA1",
    };

    private readonly Option<string> _output = new("--digest-output")
    {
        Description = "Scheme digest: the encoding of the hash.",
        DefaultValueFactory = _ => "hex",
    };

    private readonly Option<string> _recipe = new("--digest-recipe")
    {
        Description = "Scheme digest: the text that is hashed, with {magic} {length} {type} {created} {content} {secret}.",
        HelpName = "text",
        DefaultValueFactory = _ => DigestRecipe.DefaultRecipe,
    };

    private readonly Option<string> _zone = new("--time-zone")
    {
        Description = "The time zone of dates: UTC, an offset such as +08:00, or an IANA id such as Europe/Berlin.",
        HelpName = "zone",
        DefaultValueFactory = _ => "UTC",
    };

    private readonly Option<TimeSpan> _maxAge = Duration.Option(
        "--max-age", "The accepted difference between a date and the clock, in either direction.", TimeSpan.FromMinutes(5));

    public TokenOptionSet()
    {
        _scheme.AcceptOnlyFromAmong("hmac-sha256", "digest", "none");
        _algorithm.AcceptOnlyFromAmong("MD5", "SHA1", "SHA256");
        _output.AcceptOnlyFromAmong("hex", "base64url");
    }

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_secrets, _files, _ids, _scheme, _algorithm, _output, _recipe, _zone, _maxAge]) command.Add(option);
    }

    /// <summary>Reads only the time zone.</summary>
    public FrameTimeZone TimeZone(ParseResult parsed)
    {
        if (FrameTimeZone.TryParse(parsed.GetRequiredValue(_zone), out var zone, out var error)) return zone;
        throw new CliException(ExitCode.Usage, $"--time-zone: {error}.");
    }

    /// <summary>Reads the settings; null when the scheme needs a secret and none is given.</summary>
    public TokenSettings? ReadIfGiven(ParseResult parsed, CliEnvironment environment)
    {
        var scheme = parsed.GetRequiredValue(_scheme) switch
        {
            "digest" => TokenScheme.Digest,
            "none" => TokenScheme.None,
            _ => TokenScheme.HmacSha256,
        };
        var secrets = Secrets(parsed, environment);
        if (secrets.Length == 0 && scheme != TokenScheme.None) return null;
        return Make(parsed, scheme, secrets);
    }

    /// <summary>Reads the settings; uses the development secret, with a warning, when no secret is given.</summary>
    public async Task<TokenSettings> ReadAsync(ParseResult parsed, CliEnvironment environment)
    {
        if (ReadIfGiven(parsed, environment) is { } given) return given;
        await environment.WarnAsync($"no secret is given (--secret-file, {SecretVariable} or --secret); the well-known development secret is used.");
        var scheme = parsed.GetRequiredValue(_scheme) == "digest" ? TokenScheme.Digest : TokenScheme.HmacSha256;
        return Make(parsed, scheme, [DevelopmentSecret]);
    }

    private TokenSettings Make(ParseResult parsed, TokenScheme scheme, IReadOnlyList<string> secrets)
    {
        var ids = parsed.GetValue(_ids) ?? [];
        if (ids.Length > Math.Max(secrets.Count, 1))
        {
            throw new CliException(ExitCode.Usage, $"--key-id is given {ids.Length} times, but there are {secrets.Count} secrets.");
        }

        if (ids.Length > 0 && scheme != TokenScheme.HmacSha256)
        {
            throw new CliException(ExitCode.Usage, "--key-id: only tokens of hmac-sha256 can include a key id.");
        }

        var options = new TokenKeyringOptions
        {
            Scheme = scheme,
            Digest = Recipe(parsed),
            TimeZone = TimeZone(parsed),
            MaxAge = parsed.GetRequiredValue(_maxAge),
        };
        try
        {
            if (scheme != TokenScheme.None)
            {
                options = options with { Secrets = [.. secrets.Select((text, i) => new TokenSecret(i < ids.Length ? ids[i] : $"k{i + 1}", text))] };
            }

            _ = new TokenKeyring(options, TokenRole.Client);
        }
        catch (ArgumentException e)
        {
            throw new CliException(ExitCode.Usage, $"{Messages.WithoutParameter(e)}.", e);
        }

        return new TokenSettings(options, ids.Length > 0, secrets);
    }

    private DigestRecipe Recipe(ParseResult parsed)
    {
        var output = parsed.GetRequiredValue(_output) == "hex" ? DigestOutput.Hex : DigestOutput.Base64Url;
        if (DigestRecipe.TryCreate(parsed.GetRequiredValue(_algorithm), output, parsed.GetRequiredValue(_recipe), out var recipe, out var error)) return recipe;
        throw new CliException(ExitCode.Usage, $"--digest-...: {error}.");
    }

    private ImmutableArray<string> Secrets(ParseResult parsed, CliEnvironment environment)
    {
        string[] given = [.. parsed.GetValue(_secrets) ?? [], .. (parsed.GetValue(_files) ?? []).Select(path => ReadFile(path, environment))];
        if (given.Length > 0) return [.. given];
        return environment.Variable(SecretVariable) is { Length: > 0 } secret ? [secret] : [];
    }

    private static string ReadFile(string path, CliEnvironment environment)
    {
        const string Option = "--secret-file";
        var content = TextFile.ReadBytes(Option, path, SecretFile.MaxBytes);
        if (!SecretFile.TryRead(content, out var secret, out var warnings, out var error)) throw new CliException(ExitCode.File, $"{Option}: '{path}' {error}.");
        if (secret.Length == 0) throw new CliException(ExitCode.File, $"{Option}: '{path}' contains no secret.");
        foreach (var warning in warnings) environment.Warn($"{Option}: '{path}' {warning}.");
        return secret;
    }
}
