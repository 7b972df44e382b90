namespace HeartbeatGateway.Cli.Api.Access;

/// <summary>The address of a gateway's HTTP port.</summary>
internal static class GatewayAddress
{
    /// <summary>The environment variable with the address, used when no option gives one.</summary>
    public const string Variable = "HBG_GATEWAY";

    public const string Default = "http://127.0.0.1:8080";

    private const int DefaultPort = 8080;

    /// <summary>Accepts <c>host</c>, <c>host:port</c> and URLs. A path is the prefix under which a proxy serves the gateway.</summary>
    /// <param name="source">The option or variable, for errors.</param>
    /// <param name="text">The address.</param>
    /// <returns>The address; its path ends with a slash.</returns>
    /// <exception cref="CliException">The text has another form.</exception>
    public static Uri Parse(string source, string text)
    {
        var url = text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        var isUrl = Uri.TryCreate(url, UriKind.Absolute, out var uri);
        // A part before @ can be a password, so the value is not repeated.
        if (text.Contains('@', StringComparison.Ordinal))
        {
            throw Wrong($"{source} contains an @, but a user or password has no place in it: the key comes from {ApiKeySource.Variable}, {ApiKeySource.FileVariable} or --key-file");
        }

        if (!isUrl || uri!.Scheme is not ("http" or "https") || uri.Host.Length == 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw Wrong($"{source} is '{text}', but must be the address of a gateway's HTTP port, such as {Default} or https://gateway.example");
        }

        // Without a port, http means the gateway's port, not the default port of web servers. https means a proxy with the usual port.
        var builder = new UriBuilder(uri) { Path = uri.AbsolutePath.TrimEnd('/') + "/" };
        if (uri is { IsDefaultPort: true, Scheme: "http" } && !NamesPort(url, uri)) builder.Port = DefaultPort;
        return builder.Uri;
    }

    private static bool NamesPort(string url, Uri uri)
    {
        var authority = url.Split("://", 2)[1].Split('/', 2)[0];
        return authority.EndsWith($":{uri.Port}", StringComparison.Ordinal);
    }

    private static CliException Wrong(string text) => new(ExitCode.Usage, $"{text}.");
}
