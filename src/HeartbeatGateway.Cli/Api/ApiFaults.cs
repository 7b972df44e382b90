using System.Net.Sockets;
using System.Text.Json;
using HeartbeatGateway.Cli.Api.Access;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api;

/// <summary>Says what failed and what to do. A problem document's detail is repeated as it is.</summary>
internal sealed class ApiFaults(ApiSettings settings)
{
    private const int MaxShownChars = 300;

    private string Where => settings.Address.GetLeftPart(UriPartial.Path).TrimEnd('/');

    public static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType is "application/json" or "application/problem+json";

    /// <summary>An answer that is an error, or does not come from a gateway.</summary>
    public async Task<ApiException> OfAsync(HttpResponseMessage response, string path, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400) return Redirect(response);
        if (!IsJson(response)) return Foreign(response);
        return await ProblemOf(response, cancellation) is { Detail: { Length: > 0 } detail } problem ? OfProblem(status, problem.Code, detail, path) : Foreign(response);
    }

    /// <summary>JSON of a form that this version of hbg does not know.</summary>
    public ApiException Malformed(string what, Exception? inner) => new(
        ExitCode.NoGateway, $"{Where} answered with JSON that hbg cannot read ({what}): it is another server, or a gateway of another version than this hbg.", inner);

    public ApiException TimedOut(Exception inner, bool isOwnLimit) => isOwnLimit
        ? new(ExitCode.NoGateway, $"{Where} did not answer within {Duration.Describe(settings.Timeout)}: the gateway is busy, or something else listens there. --timeout allows more time.", inner) { IsAnswerLost = true }
        : new(ExitCode.NoGateway, $"{Where} does not accept connections: the connection was not established in time. Check the address, firewalls and routes.", inner);

    /// <summary>A request without an answer.</summary>
    public ApiException Of(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => new(ExitCode.NoGateway, $"{Where}: the name '{settings.Address.Host}' has no address: {Cause(e)} Check --gateway or {GatewayAddress.Variable}.", e),
        HttpRequestError.SecureConnectionError => new(ExitCode.NoGateway, $"{Where}: TLS failed: {Cause(e)} {TlsAdvice(e)}", e),
        HttpRequestError.ConnectionError when IsRefused(e) => new(
            ExitCode.NoGateway, $"{Where} refuses connections: no gateway listens there. Check --gateway or {GatewayAddress.Variable}, and that the gateway runs (its HTTP port is 8080 by default).", e),
        HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError => new(ExitCode.NoGateway, $"{Where} cannot be reached: {Cause(e)}", e),
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => new(
            ExitCode.NoGateway, $"{Where} did not answer in HTTP: give the gateway's HTTP port (8080 by default), not the port for clients (8081). For TLS write https://.", e),
        HttpRequestError.ConfigurationLimitExceeded => new(ExitCode.NoGateway, $"{Where} answered with more than hbg reads: {Cause(e)} Ask for fewer clients.", e),
        _ => new(ExitCode.NoGateway, $"{Where} ended the connection without an answer: {Cause(e)} The gateway stopped, or this is not its HTTP port.", e) { IsAnswerLost = true },
    };

    private static async Task<ApiProblem?> ProblemOf(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellation), ApiJson.Default.ApiProblem);
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            // The status alone is shown.
            return null;
        }
    }

    private ApiException OfProblem(int status, string? code, string detail, string path)
    {
        var isMissing = status == 405 || (status == 404 && code is null or "not_found");
        if (isMissing) detail = $"The gateway at {Where} has no /api/v1/{path.Split('?')[0]}: it is older than this hbg. Update the gateway. It says: {detail}";
        else if (status == 401 && settings.Key is null) detail = $"{detail} hbg takes the key from {ApiKeySource.Variable}, {ApiKeySource.FileVariable} or --key-file.";
        var exit = isMissing ? ExitCode.NoGateway : status switch
        {
            400 or 413 or 415 or 422 => ExitCode.Usage,
            404 => ExitCode.NotFound,
            _ => ExitCode.Refused,
        };
        return new ApiException(exit, detail) { Status = status, Problem = code, IsEndpointMissing = isMissing };
    }

    private ApiException Redirect(HttpResponseMessage response)
    {
        var target = response.Headers.Location is { } location ? $" to {Printable.From(new Uri(settings.Address, location).GetLeftPart(UriPartial.Path), MaxShownChars)}" : "";
        var text = $"{Where} redirects{target}: hbg does not follow, because the key is for the given address only. Give the final address.";
        return new ApiException(ExitCode.NoGateway, text) { Status = (int)response.StatusCode };
    }

    private ApiException Foreign(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        var type = response.Content.Headers.ContentType?.MediaType is { } media ? $" with {Printable.From(media, MaxShownChars)}" : "";
        var advice = status switch
        {
            404 => "it is another server, or a gateway without this HTTP API. Check the address, or update the gateway",
            401 or 403 => "a proxy before the gateway wants its own login",
            502 or 503 or 504 => "a proxy answers and does not reach the gateway",
            _ => "it is not the HTTP API of a gateway. Check --gateway or " + GatewayAddress.Variable,
        };
        return new ApiException(status is >= 500 or 401 or 403 ? ExitCode.Refused : ExitCode.NoGateway, $"{Where} answered {status}{type}: {advice}.") { Status = status };
    }

    private static string TlsAdvice(Exception e) => Chain(e).Any(x => x.Message.Contains("frame size", StringComparison.Ordinal) || x.Message.Contains("wrong version", StringComparison.OrdinalIgnoreCase))
        ? "The port speaks plain HTTP, as a gateway's HTTP port does: write http://, or give the address of the proxy with TLS."
        : "For a private CA, give its certificate with --tls-ca.";

    private static bool IsRefused(Exception e) => Chain(e).OfType<SocketException>().Any(s => s.SocketErrorCode == SocketError.ConnectionRefused);

    private static string Cause(Exception e) => $"{Chain(e).Last().Message.ReplaceLineEndings(" ").TrimEnd('.')}.";

    private static IEnumerable<Exception> Chain(Exception e)
    {
        for (var at = e; at is not null; at = at.InnerException) yield return at;
    }
}
