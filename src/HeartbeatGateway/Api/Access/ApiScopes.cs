using HeartbeatGateway.Configuration;
using Microsoft.AspNetCore.Authorization;

namespace HeartbeatGateway.Api.Access;

/// <summary>Demands scopes of endpoints.</summary>
internal static class ApiScopes
{
    /// <summary>The name of a scope, as texts show it.</summary>
    public static string NameOf(ApiScope scope) => scope switch
    {
        ApiScope.Read => "read",
        ApiScope.Send => "send",
        _ => "admin",
    };

    /// <summary>The endpoint answers only callers with a scope, or with one that includes it.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder endpoint, ApiScope scope)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RequiredScope(scope)).RequireAuthorization(PolicyFor(scope));

    private static AuthorizationPolicy PolicyFor(ApiScope scope) =>
        new AuthorizationPolicyBuilder(ApiKeyAuthentication.Scheme)
            .RequireAuthenticatedUser()
            .RequireAssertion(context => ApiCaller.ScopeOf(context.User) >= scope)
            .Build();
}

/// <summary>The scope that an endpoint demands.</summary>
/// <param name="Scope">The scope.</param>
internal sealed record RequiredScope(ApiScope Scope);
