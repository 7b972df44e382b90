using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Api.Deliveries;

/// <summary>What has become of numbered messages.</summary>
internal static class DeliveryEndpoints
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/deliveries", (HttpContext context, DeliveryStream stream) => stream.RunAsync(context, "the id of an event of this stream", Gone))
            .Produces(StatusCodes.Status200OK, contentType: ServerSentReaders.ContentType).ProducesProblem(410).ProducesProblem(503)
            .RequireScope(ApiScope.Read).WithSummary("Server-sent events of numbered messages: delivered, expired, dropped or unknown. The header Last-Event-ID resumes.");

    private static IResult Gone(string why) =>
        ApiProblem.Create(StatusCodes.Status410Gone, "events_gone", $"The event of Last-Event-ID {why}. Follow without it, from now on.");
}
