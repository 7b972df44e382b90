using System.Globalization;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Api.Audit;

/// <summary>Shows the changes that were made by the API.</summary>
internal static class AuditEndpoints
{
    private const int DefaultLimit = 100;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/audit", (string? limit, AuditLog audit) => Show(limit, audit))
            .Produces<AuditListing>().ProducesProblem(400)
            .RequireScope(ApiScope.Admin).WithSummary("The latest changes that were made by the API, the newest first.");

    private static IResult Show(string? text, AuditLog audit)
    {
        var limit = DefaultLimit;
        if (text is not null && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > AuditLog.Capacity))
        {
            return ApiProblem.BadRequest("invalid_parameter", $"The parameter 'limit' is '{ApiText.Quote(text)}', but must be a whole number from 1 to {AuditLog.Capacity}.");
        }

        return Results.Json(new AuditListing(audit.Latest(limit)), ApiJson.Default.AuditListing);
    }
}
