using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Nodes;
using HeartbeatGateway.Api.Presence;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Api.Status;

/// <summary>Shows the gateway as a whole.</summary>
internal sealed class StatusEndpoints(GatewayEngine gateway, NodeFigures figures, LastEvents last, TimeProvider timeProvider)
{
    private readonly DateTimeOffset _startedAt = timeProvider.GetUtcNow();
    private readonly long _started = timeProvider.GetTimestamp();

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/status", (HttpContext context, StatusEndpoints status) => status.ShowAsync(context))
            .Produces<GatewayStatus>()
            .RequireScope(ApiScope.Read).WithSummary("The gateway as a whole, and what the caller may do.");

    private async Task<IResult> ShowAsync(HttpContext context)
    {
        var caller = ApiCaller.Of(context);
        var cluster = await figures.SumAsync(context.RequestAborted);
        return Results.Json(
            new GatewayStatus(
                ServiceMetrics.Version, ApiTime.Of(_startedAt), ApiTime.Seconds(timeProvider.GetElapsedTime(_started)), gateway.IsStopping, gateway.IsDraining,
                gateway.ConnectedClients, gateway.OpenConnections, last.Number,
                [.. gateway.Sinks.Select(SinkSummary.Of)], caller.Id, ApiScopes.NameOf(caller.Scope))
            {
                Cluster = cluster,
            },
            ApiJson.Default.GatewayStatus);
    }
}
