using HeartbeatGateway.Configuration;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Net.Http.Headers;

namespace HeartbeatGateway.Api.Access;

/// <summary>Finds the caller of a request by its key (RFC 6750, <c>Authorization: Bearer</c>), and answers those that may not do what they ask for.</summary>
internal sealed class ApiKeyAuthentication(ApiKeyRing keys, TimeProvider timeProvider) : IAuthenticationHandler
{
    public const string Scheme = "ApiKey";

    private const string Bearer = "Bearer ";

    private HttpContext? _context;

    private HttpContext Context => _context ?? throw new InvalidOperationException("The handler is not initialized.");

    public Task InitializeAsync(AuthenticationScheme scheme, HttpContext context)
    {
        _context = context;
        return Task.CompletedTask;
    }

    public Task<AuthenticateResult> AuthenticateAsync()
    {
        if (Find(out var refusal) is not { } caller) return Task.FromResult(refusal is null ? AuthenticateResult.NoResult() : AuthenticateResult.Fail(refusal));
        Context.Items[typeof(ApiCaller)] = caller;
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(caller.ToPrincipal(Scheme), Scheme)));
    }

    public Task ChallengeAsync(AuthenticationProperties? properties)
    {
        Find(out var refusal);
        Context.Response.Headers.WWWAuthenticate = refusal is null ? "Bearer" : "Bearer error=\"invalid_token\"";
        return ApiProblem.Create(StatusCodes.Status401Unauthorized, "key_required", refusal ?? Demand()).ExecuteAsync(Context);
    }

    public Task ForbidAsync(AuthenticationProperties? properties)
    {
        var caller = ApiCaller.Of(Context);
        var needed = Context.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>()?.Scope ?? ApiScope.Admin;
        Context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{ApiScopes.NameOf(needed)}\"";
        var remedy = caller.Key is null ? "Configure a key in Gateway:Admin:Keys." : "Use a key with that scope.";
        var name = caller.Key is null ? "A caller on loopback without a key" : $"The key '{caller.Id}'";
        return ApiProblem.Create(
            StatusCodes.Status403Forbidden, "scope_required", $"{name} has the scope {ApiScopes.NameOf(caller.Scope)}, but this needs {ApiScopes.NameOf(needed)}. {remedy}").ExecuteAsync(Context);
    }

    private ApiCaller? Find(out string? refusal)
    {
        refusal = null;
        var headers = Context.Request.Headers.Authorization;
        if (headers.Count == 0) return FindOnLoopback();
        var header = headers.Count == 1 ? headers[0] ?? "" : "";
        if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            refusal = $"The header {HeaderNames.Authorization} must be 'Bearer' and a key.";
            return null;
        }

        if (keys.Find(header[Bearer.Length..].Trim()) is not { } key)
        {
            refusal = "The key is not known to this gateway.";
            return null;
        }

        var now = timeProvider.GetUtcNow();
        if (key.IsExpired(now))
        {
            refusal = $"The key '{key.Id}' expired at {key.ExpiresAt:u}.";
            return null;
        }

        key.Used(now);
        return new ApiCaller(key.Id, key.Scope, key);
    }

    private ApiCaller? FindOnLoopback() =>
        keys.AllowsLoopback && DirectLoopback.Is(Context)
            ? new ApiCaller(ApiCaller.LoopbackId, keys.Options.AllowLoopbackChanges ? ApiScope.Admin : ApiScope.Read, null)
            : null;

    private string Demand() => keys.AllowsLoopback
        ? "No key is configured, so only direct callers on this machine may read. Configure a key in Gateway:Admin:Keys and send it as 'Authorization: Bearer'."
        : "Send a key of Gateway:Admin:Keys as 'Authorization: Bearer'.";
}
