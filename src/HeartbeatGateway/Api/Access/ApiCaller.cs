using System.Security.Claims;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Api.Access;

/// <summary>Who calls the API: a key, or a program on this machine while no key is configured.</summary>
/// <param name="Id">The id of the key, for logs, the audit and rate limits.</param>
/// <param name="Scope">What it may do.</param>
/// <param name="Key">The key; null for a caller on loopback.</param>
internal sealed record ApiCaller(string Id, ApiScope Scope, ApiKey? Key)
{
    /// <summary>The id of callers on loopback. No key has it: ids contain no parentheses.</summary>
    public const string LoopbackId = "(loopback)";

    private const string ScopeClaim = "scope";

    /// <summary>The caller of a request that was authorized.</summary>
    public static ApiCaller Of(HttpContext context) =>
        context.Items[typeof(ApiCaller)] as ApiCaller ?? throw new InvalidOperationException("The endpoint does not demand a scope, so the caller is not known.");

    public static ApiScope ScopeOf(ClaimsPrincipal user) =>
        Enum.TryParse<ApiScope>(user.FindFirst(ScopeClaim)?.Value, out var scope) ? scope : default;

    public ClaimsPrincipal ToPrincipal(string scheme) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, Id), new Claim(ScopeClaim, $"{Scope}")], scheme));
}
