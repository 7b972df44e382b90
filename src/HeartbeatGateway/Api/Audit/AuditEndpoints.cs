using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Api.Audit;

/// <summary>Shows the changes that were made by the API.</summary>
internal static class AuditEndpoints
{
    private const int DefaultLimit = 100;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/audit", ([AsParameters] AuditParameters parameters, AuditLog audit, CursorFormat cursors) => Show(parameters, audit, cursors))
            .AddEndpointFilter(KnownParameters.Of<AuditParameters>()).Produces<AuditListing>().ProducesProblem(400)
            .RequireScope(ApiScope.Admin).WithSummary("The latest changes that were made by the API, the newest first.");

    private static IResult Show(AuditParameters p, AuditLog audit, CursorFormat cursors)
    {
        DateTimeOffset? before = p.Before is { } earlier ? ClientQueryReader.Time("before", earlier) : null;
        DateTimeOffset? after = p.After is { } later ? ClientQueryReader.Time("after", later) : null;
        var limit = p.Limit is { } text ? ClientQueryReader.Limit(text, AuditLog.Capacity) : DefaultLimit;
        long? last = p.Cursor is { } cursor ? cursors.ReadNumber(cursor, NameOf(p)) : null;
        var found = audit.Latest(AuditLog.Capacity)
            .Where(e => (last is null || e.Number < last)
                && (p.KeyId is null || e.KeyId == p.KeyId)
                && (p.Action is null || e.Action == p.Action)
                && (p.Target is null || e.Target.Contains(p.Target, StringComparison.Ordinal))
                && (before is null || e.Time < before)
                && (after is null || e.Time > after))
            .Take(limit + 1).ToList();
        var page = found.Count > limit ? found[..limit] : found;
        return Results.Json(new AuditListing(page, found.Count > limit ? cursors.WriteNumber(NameOf(p), page[^1].Number) : null), ApiJson.Default.AuditListing);
    }

    /// <summary>Names the filter of a query, for cursors: the limit may change between pages.</summary>
    private static string NameOf(AuditParameters p) => string.Join('\n', ["audit", p.KeyId, p.Action, p.Target, p.Before, p.After]);
}
