using Microsoft.Net.Http.Headers;

namespace HeartbeatGateway.Api.Access;

/// <summary>
/// Refuses requests that a page of another site makes a browser send. Without keys, such a page could otherwise use the reader's place on loopback
/// (W3C Fetch Metadata; RFC 6454 for Origin).
/// </summary>
internal static class CrossSiteGuard
{
    private const string FetchSite = "Sec-Fetch-Site";

    public static Task InvokeAsync(HttpContext context, RequestDelegate next) =>
        FindRefusal(context.Request) is { } refusal
            ? ApiProblem.Create(StatusCodes.Status403Forbidden, "cross_site", refusal).ExecuteAsync(context)
            : next(context);

    private static string? FindRefusal(HttpRequest request)
    {
        var site = request.Headers[FetchSite].ToString();
        if (site is not ("" or "same-origin" or "none")) return $"The API answers pages of its own origin only, and the browser sent {FetchSite}: {(site is "cross-site" or "same-site" ? site : "an unknown value")}.";
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || IsOwn(origin, request.Host)
            ? null
            : $"The API answers pages of its own origin only, and the browser sent another {HeaderNames.Origin}.";
    }

    /// <summary>Compares host and port. The scheme may differ: a proxy in front may take https and pass on http.</summary>
    private static bool IsOwn(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, host.ToUriComponent(), StringComparison.OrdinalIgnoreCase);
}
