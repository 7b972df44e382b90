using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Api.Access;

/// <summary>Shows the keys of the API, so that one that is not used can be withdrawn.</summary>
internal static class KeyEndpoints
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/keys", (ApiKeyRing keys, TimeProvider timeProvider) => Results.Json(KeyListing.Of(keys, timeProvider.GetUtcNow()), ApiJson.Default.KeyListing))
            .Produces<KeyListing>()
            .RequireScope(ApiScope.Admin).WithSummary("The configured keys, and when each was last used.");
}

/// <summary>The keys in force.</summary>
/// <param name="Keys">In the configured order.</param>
internal sealed record KeyListing(IReadOnlyList<ShownKey> Keys)
{
    public static KeyListing Of(ApiKeyRing ring, DateTimeOffset now) =>
        new([.. ring.Keys.Select(k => new ShownKey(k.Id, k.Scope.ToString().ToLowerInvariant(), k.ExpiresAt, k.IsExpired(now), k.LastUsed))]);
}

/// <summary>One key, without its text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Scope"><c>read</c>, <c>send</c> or <c>admin</c>.</param>
/// <param name="ExpiresAt">When it expires; null when it does not.</param>
/// <param name="IsExpired">It has expired, and is refused.</param>
/// <param name="LastUsedAt">When a request last presented it; null when none did since the start of the gateway.</param>
internal sealed record ShownKey(string Id, string Scope, DateTimeOffset? ExpiresAt, bool IsExpired, DateTimeOffset? LastUsedAt);
