using System.Globalization;
using System.Net;
using HeartbeatGateway.Server.Options;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HeartbeatGateway.Configuration;

/// <summary>
/// The HTTP endpoints that ASPNETCORE_URLS or ASPNETCORE_HTTP_PORTS configure. Kestrel ignores both variables when an endpoint is added in
/// code. The TCP endpoint is added in code, so the variables are read here.
/// </summary>
internal static class HttpEndpoints
{
    private const int DefaultPort = 8080;

    /// <exception cref="GatewayOptionsException">A URL or port cannot be used.</exception>
    public static IReadOnlyList<Action<KestrelServerOptions>> Read(IConfiguration configuration)
    {
        if (configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls) return [.. Split(urls).Select(FromUrl)];
        if (configuration[WebHostDefaults.HttpPortsKey] is { Length: > 0 } ports) return [.. Split(ports).Select(FromPort)];
        return [kestrel => kestrel.ListenAnyIP(DefaultPort)];
    }

    /// <summary>A URL at which this machine reaches the first endpoint.</summary>
    /// <exception cref="GatewayOptionsException">A URL or port cannot be used.</exception>
    public static Uri LoopbackUrl(IConfiguration configuration)
    {
        Read(configuration);
        if (configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls)
        {
            var address = BindingAddress.Parse(Split(urls)[0]);
            var host = IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && !ip.Equals(IPAddress.Any) && !ip.Equals(IPAddress.IPv6Any) ? address.Host : "127.0.0.1";
            return new UriBuilder(Uri.UriSchemeHttp, host, address.Port).Uri;
        }

        var port = configuration[WebHostDefaults.HttpPortsKey] is { Length: > 0 } ports ? int.Parse(Split(ports)[0], CultureInfo.InvariantCulture) : DefaultPort;
        return new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", port).Uri;
    }

    private static string[] Split(string list) => list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Action<KestrelServerOptions> FromPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort
            ? kestrel => kestrel.ListenAnyIP(port)
            : throw new GatewayOptionsException([$"ASPNETCORE_HTTP_PORTS holds '{text}', but must hold port numbers separated by semicolons."]);

    private static Action<KestrelServerOptions> FromUrl(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            throw new GatewayOptionsException([$"ASPNETCORE_URLS holds '{url}', but must hold URLs such as http://0.0.0.0:8080, separated by semicolons."]);
        }

        if (!string.Equals(address.Scheme, Uri.UriSchemeHttp, StringComparison.OrdinalIgnoreCase))
        {
            throw new GatewayOptionsException([$"ASPNETCORE_URLS holds '{url}', but the HTTP endpoint supports http only; put a reverse proxy in front of it for https."]);
        }

        if (address.IsUnixPipe || address.IsNamedPipe || address.PathBase.Length > 0 || address.Port is < 0 or > IPEndPoint.MaxPort)
        {
            throw new GatewayOptionsException([$"ASPNETCORE_URLS holds '{url}', but must hold a host and a port up to {IPEndPoint.MaxPort}, without a path."]);
        }

        if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            // "localhost" means both loopback addresses. They cannot share a port that the system has yet to choose.
            return address.Port == 0 ? kestrel => kestrel.Listen(IPAddress.Loopback, 0) : kestrel => kestrel.ListenLocalhost(address.Port);
        }

        return IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip)
            ? kestrel => kestrel.Listen(ip, address.Port)
            : kestrel => kestrel.ListenAnyIP(address.Port);
    }
}
