using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;

namespace HeartbeatGateway.Health;

/// <summary>
/// <c>/livez</c> fails when the process should be restarted. <c>/readyz</c> fails when no new clients should be sent. <c>/healthz</c> combines
/// both and adds numbers, for operators. None of them requires a key or reveals a secret.
/// </summary>
internal static class HealthEndpoints
{
    /// <summary>Some health checks send HEAD (<c>wget --spider</c>, <c>curl -I</c>); the answer is that of GET without its body.</summary>
    private static readonly string[] Probes = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Whether a path is one of the pages that orchestrators ask.</summary>
    public static bool IsHealthPage(PathString path) =>
        path.Equals("/livez", StringComparison.OrdinalIgnoreCase) || path.Equals("/readyz", StringComparison.OrdinalIgnoreCase) || path.Equals("/healthz", StringComparison.OrdinalIgnoreCase);

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/livez", Probes, async (LivenessProbe probe, CancellationToken cancellationToken) =>
        {
            var liveness = await probe.CheckAsync(cancellationToken);
            return Answer(liveness.IsLive, new { status = liveness.IsLive ? "live" : "not live", detail = liveness.Detail });
        });
        endpoints.MapMethods("/readyz", Probes, (Readiness readiness) =>
        {
            var detail = readiness.Obstacle;
            return Answer(detail is null, new { status = detail is null ? "ready" : "not ready", detail = detail ?? "accepts clients" });
        });
        endpoints.MapMethods("/healthz", Probes, async (LivenessProbe probe, Readiness readiness, ReloadStatus reloads, GatewayEngine engine, CancellationToken cancellationToken) =>
        {
            var liveness = await probe.CheckAsync(cancellationToken);
            var notReady = readiness.Obstacle;
            return Answer(liveness.IsLive && notReady is null, new
            {
                status = !liveness.IsLive ? "not live" : notReady is null ? "healthy" : "not ready",
                liveness = liveness.Detail,
                readiness = notReady ?? "accepts clients",
                configuration = reloads.Detail,
                connectedClients = engine.ConnectedClients,
                openConnections = engine.OpenConnections,
            });
        });
    }

    private static IResult Answer<T>(bool isGood, T body) =>
        Results.Json(body, statusCode: isGood ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
