using System.Net;
using Microsoft.Net.Http.Headers;

namespace HeartbeatGateway.Api.Access;

/// <summary>
/// Finds requests that a program on this machine sent for itself. A proxy on this machine also connects from loopback, and a page in a browser can
/// be made to by DNS rebinding: both are told by their headers.
/// </summary>
internal static class DirectLoopback
{
    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Real-IP", HeaderNames.Via];

    public static bool Is(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address
        && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)
        && context.Request.Host.Host.ToUpperInvariant() is "LOCALHOST" or "127.0.0.1" or "[::1]"
        && !context.Request.Headers.Keys.Any(IsOfProxy);

    private static bool IsOfProxy(string header) =>
        header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || ProxyHeaders.Contains(header, StringComparer.OrdinalIgnoreCase);
}
