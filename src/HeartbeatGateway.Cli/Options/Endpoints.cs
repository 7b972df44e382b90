using System.Globalization;
using System.Net;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Options;

/// <summary>Endpoints on the command line: <c>host:port</c>, also as a <c>tcp://</c> URL.</summary>
internal static class Endpoints
{
    private const string Scheme = "tcp://";

    /// <summary>Reads an endpoint to connect to.</summary>
    /// <exception cref="CliException">The text is not an endpoint; the message names the option.</exception>
    public static EndPoint Parse(string option, string text)
    {
        try
        {
            return GatewayClientOptions.ParseEndpoint(WithoutScheme(option, text));
        }
        catch (GatewayClientOptionsException e)
        {
            throw new CliException(ExitCode.Usage, $"{option}: {e.Message}", e);
        }
    }

    /// <summary>Reads an endpoint to listen on: an address of this machine and a port, or a port alone for loopback. Port 0: any free port.</summary>
    /// <exception cref="CliException">The text has another form; the message names the option.</exception>
    public static IPEndPoint ParseLocal(string option, string text)
    {
        var value = WithoutScheme(option, text);
        var local = value.Replace("localhost:", "127.0.0.1:", StringComparison.OrdinalIgnoreCase);
        if (!local.Contains(':', StringComparison.Ordinal)) local = $"127.0.0.1:{local}";
        var colon = local.LastIndexOf(':');
        if (ushort.TryParse(local.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && !local.EndsWith("::", StringComparison.Ordinal)
            && IPEndPoint.TryParse(local, out var endpoint)
            && (local[0] == '[' || local.IndexOf(':', StringComparison.Ordinal) == colon))
        {
            return endpoint;
        }

        throw new CliException(ExitCode.Usage, $"{option} is '{text}', but must be an address of this machine and a port, such as 127.0.0.1:9081 or [::1]:9081.");
    }

    private static string WithoutScheme(string option, string text)
    {
        if (text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return text[Scheme.Length..].TrimEnd('/');
        if (text.Split("://", 2) is not [var scheme, var rest]) return text;
        var hint = scheme.ToUpperInvariant() is "TLS" or "SSL" or "TCPS" ? $"write {rest.TrimEnd('/')} and the option --tls" : "write host:port or tcp://host:port";
        throw new CliException(ExitCode.Usage, $"{option} is '{text}', but '{scheme}' is not a scheme of a gateway's client endpoint: {hint}.");
    }
}
