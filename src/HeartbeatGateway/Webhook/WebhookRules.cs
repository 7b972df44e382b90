using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Webhook;

/// <summary>Checks the options of the webhook.</summary>
internal static class WebhookRules
{
    private const string Section = "Gateway:Webhook";
    private const int MaxUrlChars = 2048;
    private const int MaxSecrets = 2;
    private static readonly TimeSpan LeastTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MostTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostAge = TimeSpan.FromDays(1);

    /// <summary>What is wrong with the options; each sentence starts with the wrong key.</summary>
    /// <param name="options">The options.</param>
    /// <param name="isSink"><c>Gateway:Messages:Sinks</c> names the webhook.</param>
    public static IEnumerable<string> FindFaults(WebhookOptions options, bool isSink)
    {
        if (!options.IsOn())
        {
            if (isSink) yield return $"{Section}:Url is missing: Gateway:Messages:Sinks names the sink webhook, which needs the address of its receiver.";
            else if (options.Secrets.Count > 0) yield return $"{Section}:Url is missing: without it the other keys of {Section} have no effect.";
            yield break;
        }

        if (FindUrlFault(options.Url!) is { } fault) yield return $"{Section}:Url {fault}.";
        if (options.Secrets.Count is 0 or > MaxSecrets) yield return $"{Section}:Secrets has {options.Secrets.Count} entries, but must have one, or two while a secret is replaced.";
        foreach (var (name, value, least, most) in Numbers(options).Where(n => n.Value < n.Least || n.Value > n.Most))
        {
            yield return $"{Section}:{name} is {value}, but must be between {least} and {most}.";
        }

        if (options.Timeout < LeastTimeout || options.Timeout > MostTimeout) yield return $"{Section}:Timeout is {options.Timeout}, but must be between {LeastTimeout} and {MostTimeout}.";
        if (options.MaxAge < LeastAge || options.MaxAge > MostAge) yield return $"{Section}:MaxAge is {options.MaxAge}, but must be between {LeastAge} and {MostAge}.";
        if (string.IsNullOrEmpty(options.ClientCertificateFile) != string.IsNullOrEmpty(options.ClientKeyFile))
        {
            yield return $"{Section}:ClientCertificateFile and {Section}:ClientKeyFile belong together, but only one of them is set.";
        }

        foreach (var error in FindFileFaults(options)) yield return error;
    }

    /// <summary>Valid settings that weaken security, one sentence for each.</summary>
    public static IEnumerable<string> Warnings(WebhookOptions options, bool isDevelopment)
    {
        if (!isDevelopment && options.IsOn() && options.Url!.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
        {
            yield return $"{Section}:Url is http: messages travel in clear text, and the receiver is not authenticated; use https outside a trusted network.";
        }
    }

    /// <summary>The value is not repeated: a query or user info may be a credential.</summary>
    private static string? FindUrlFault(string url)
    {
        if (url.Length > MaxUrlChars) return $"has {url.Length} characters, but must have at most {MaxUrlChars}";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp) || uri.Host.Length == 0)
        {
            return "is no URL that begins with https:// or http:// and names a host; the value is not shown, since it may hold a credential";
        }

        if (uri.UserInfo.Length > 0) return "holds user info (name:password@), which is refused: requests are authenticated by their signatures or by a client certificate";
        return uri.Fragment.Length > 0 ? "holds a fragment (#), which no HTTP request carries" : null;
    }

    private static IEnumerable<(string Name, int Value, int Least, int Most)> Numbers(WebhookOptions o) =>
    [
        (nameof(o.MaxBatchEvents), o.MaxBatchEvents, 1, 10_000),
        (nameof(o.MaxBatchBytes), o.MaxBatchBytes, 1024, 16 * 1024 * 1024),
        (nameof(o.Lanes), o.Lanes, 1, 256),
        (nameof(o.MaxWaitingMessages), o.MaxWaitingMessages, 1, 10_000_000),
        (nameof(o.MaxWaitingBytes), o.MaxWaitingBytes, 64 * 1024, int.MaxValue),
        (nameof(o.MaxDeadLetterBytes), o.MaxDeadLetterBytes, 64 * 1024, int.MaxValue),
        (nameof(o.MaxResponseBytes), o.MaxResponseBytes, 0, 16 * 1024 * 1024),
    ];

    private static IReadOnlyList<string> FindFileFaults(WebhookOptions options)
    {
        try
        {
            WebhookFiles.Load(options);
            return [];
        }
        catch (GatewayOptionsException e)
        {
            return e.Errors;
        }
    }
}
