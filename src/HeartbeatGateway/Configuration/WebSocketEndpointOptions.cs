using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Transport;

namespace HeartbeatGateway.Configuration;

/// <summary>The endpoint for browsers and mobile clients: the frames of the TCP endpoint in binary messages of WebSockets.</summary>
internal sealed class WebSocketEndpointOptions
{
    /// <summary>Stands for every origin in <see cref="AllowedOrigins"/>.</summary>
    public const string AnyOrigin = "*";

    /// <summary>Address and port, as in <c>Gateway:Tcp:Endpoint</c>. Default: none, and the endpoint is off. Read once, at the start.</summary>
    [Displayable]
    public string? Endpoint { get; set; }

    /// <summary>The path of the WebSocket. Every other path is answered with 404. Default <c>/ws</c>. Read once, at the start.</summary>
    [Displayable]
    public string Path { get; set; } = "/ws";

    /// <summary>
    /// Origins of the web pages whose scripts may connect, such as <c>https://shop.example</c>; <c>*</c> allows every page. Default: none, so that only
    /// clients connect that send no Origin, which browsers always send. Mandatory under the token scheme <c>none</c>.
    /// </summary>
    [Displayable]
    public IList<string> AllowedOrigins { get; set; } = [];

    /// <summary>True when there is such an endpoint.</summary>
    public bool IsOn() => !string.IsNullOrEmpty(Endpoint);

    /// <summary>What is wrong with the values; each sentence starts with the wrong key.</summary>
    /// <param name="tokenScheme">The token scheme.</param>
    public IEnumerable<string> FindFaults(string tokenScheme)
    {
        if (IsOn() && !GatewayEndPoint.TryParse(Endpoint!, out _, out var error)) yield return $"Gateway:WebSocket:Endpoint {error}";
        if (!IsPath(Path)) yield return $"Gateway:WebSocket:Path is '{Path}', but must start with / and hold letters, digits and / . _ ~ - only, such as /ws.";
        foreach (var origin in AllowedOrigins.Where(origin => !IsOrigin(origin)))
        {
            yield return $"Gateway:WebSocket:AllowedOrigins holds '{origin}', but its items must be origins as browsers send them, such as https://shop.example or http://localhost:3000: a scheme and a host in lower case, without a path and without the scheme's default port. * allows every origin.";
        }

        if (IsOn() && AllowedOrigins.Count == 0 && tokenScheme == "none")
        {
            yield return "Gateway:WebSocket:AllowedOrigins is missing: under Gateway:Tokens:Scheme none, any web page that a user of your network opens could connect. Give the origins of your own pages, or * to allow every page.";
        }
    }

    private static bool IsPath(string path) => path.StartsWith('/') && path.All(c => char.IsAsciiLetterOrDigit(c) || "/._~-".Contains(c, StringComparison.Ordinal));

    private static bool IsOrigin(string origin)
    {
        if (origin == AnyOrigin) return true;
        var isWeb = origin.StartsWith("http://", StringComparison.Ordinal) || origin.StartsWith("https://", StringComparison.Ordinal);
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && uri.Host.Length > 0
            && !origin.Any(char.IsAsciiLetterUpper)
            // For schemes other than http and https, such as those of mobile frameworks, a browser sends scheme and host as they are.
            && origin == (isWeb ? uri.GetLeftPart(UriPartial.Authority) : $"{uri.Scheme}://{uri.Authority}");
    }
}
