using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Configuration;

/// <summary>The service that is asked whether a client may connect. Read once, at the start.</summary>
internal sealed class AuthorizationOptions
{
    private static readonly TimeSpan MostTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MostCaching = TimeSpan.FromDays(1);

    /// <summary>Where to ask, by http or https. Null: no service is asked, and a verified token is enough.</summary>
    [Displayable]
    public string? Url { get; set; }

    /// <summary>What happens to clients while the service cannot be asked. Without a default: it must be chosen.</summary>
    [Displayable]
    public AuthorizationFailurePolicy? OnFailure { get; set; }

    /// <summary>A secret that is sent as <c>Authorization: Bearer</c>. Null: none is sent.</summary>
    [Secret]
    public string? Secret { get; set; }

    /// <summary>A file that contains that secret, instead of <see cref="Secret"/>.</summary>
    [Displayable]
    public string? SecretFile { get; set; }

    /// <summary>How long one question may take. Default 2 s.</summary>
    [Displayable]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Questions at a time. Default 32. Further ones wait.</summary>
    [Displayable]
    public int MaxConcurrent { get; set; } = 32;

    /// <summary>Questions that may wait. Default 10,000: a fleet that reconnects at once. Further ones have failed.</summary>
    [Displayable]
    public int MaxWaiting { get; set; } = 10_000;

    /// <summary>How long an answer holds for the same client id, key id and address. Default 1 minute; 0 = off.</summary>
    [Displayable]
    public TimeSpan CacheDuration { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Answers that are kept. Default 20,000.</summary>
    [Displayable]
    public int MaxCached { get; set; } = 20_000;

    /// <summary>The secret, read and checked; null when none is sent.</summary>
    internal string? ParsedSecret { get; private set; }

    public bool IsOn() => !string.IsNullOrEmpty(Url);

    /// <summary>Reads the secret, and finds what is wrong with the values. Each sentence starts with the wrong key.</summary>
    public IEnumerable<string> Read()
    {
        const string Section = "Gateway:Authorization";
        if (!IsOn())
        {
            if (OnFailure is not null || !string.IsNullOrEmpty(Secret) || !string.IsNullOrEmpty(SecretFile)) yield return $"{Section}:Url is missing: without it no service is asked, and the other keys of {Section} have no effect.";
            yield break;
        }

        // The value is not repeated, since it may hold a password.
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)) yield return $"{Section}:Url is no URL with http or https.";
        else if (url.UserInfo.Length > 0) yield return $"{Section}:Url holds user info, which is not sent: give a secret in {Section}:Secret or, as a file, in {Section}:SecretFile.";
        if (OnFailure is not { } policy) yield return $"{Section}:OnFailure is missing: choose Allow (clients connect while the service cannot be asked) or Deny (they do not).";
        else if (!Enum.IsDefined(policy)) yield return $"{Section}:OnFailure is {policy}, but must be Allow or Deny.";
        if (Timeout < TimeSpan.FromMilliseconds(10) || Timeout > MostTimeout) yield return $"{Section}:Timeout is {Timeout}, but must be between {TimeSpan.FromMilliseconds(10)} and {MostTimeout}, written hh:mm:ss.";
        if (CacheDuration < TimeSpan.Zero || CacheDuration > MostCaching) yield return $"{Section}:CacheDuration is {CacheDuration}, but must be between 0 (off) and a day, written hh:mm:ss.";
        if (MaxConcurrent is < 1 or > 1_000) yield return $"{Section}:MaxConcurrent is {MaxConcurrent}, but must be between 1 and 1000.";
        if (MaxWaiting is < 0 or > 1_000_000) yield return $"{Section}:MaxWaiting is {MaxWaiting}, but must be between 0 and 1000000.";
        if (MaxCached is < 2 or > 10_000_000) yield return $"{Section}:MaxCached is {MaxCached}, but must be between 2 and 10000000.";
        if (ReadSecret(Section) is { } fault) yield return fault;
    }

    /// <returns>What is wrong with the secret; null when it can be used, or there is none.</returns>
    private string? ReadSecret(string section)
    {
        ParsedSecret = string.IsNullOrEmpty(Secret) ? null : Secret;
        if (!string.IsNullOrEmpty(SecretFile))
        {
            if (ParsedSecret is not null) return $"{section} has both a Secret and a SecretFile, but must have one of them.";
            try
            {
                if (!Protocol.Tokens.SecretFile.TryRead(File.ReadAllBytes(SecretFile), out var text, out _, out var error)) return $"{section}:SecretFile {SecretFile} {error}.";
                ParsedSecret = text;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                return $"{section}:SecretFile cannot be read: {e.Message}";
            }
        }

        return ParsedSecret?.AsSpan().ContainsAnyExceptInRange('!', '~') == true
            ? $"{section}:{(string.IsNullOrEmpty(SecretFile) ? "Secret" : "SecretFile")} holds a secret that no HTTP header can carry: it must consist of printable ASCII characters without blanks."
            : null;
    }
}

/// <summary>What happens to clients while the service cannot be asked about them.</summary>
internal enum AuthorizationFailurePolicy
{
    /// <summary>They connect.</summary>
    Allow,

    /// <summary>They are refused, and may retry.</summary>
    Deny,
}
