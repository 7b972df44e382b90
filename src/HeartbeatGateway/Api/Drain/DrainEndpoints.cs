using System.Globalization;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Audit;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Draining;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HeartbeatGateway.Api.Drain;

/// <summary>Drains the gateway for an operator, shows how far that is, and cancels it.</summary>
internal sealed class DrainEndpoints(IHeartbeatGateway gateway, OptionsInForce options, AuditLog audit)
{
    private const double MaxSeconds = 3600;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/drain", (DrainEndpoints drain) => drain.Show(StatusCodes.Status200OK))
            .Produces<DrainListing>()
            .RequireScope(ApiScope.Read).WithSummary("How far the drain is.");
        api.MapPost("/drain", (HttpContext context, DrainEndpoints drain) => drain.StartAsync(context))
            .Accepts<DrainBody>("application/json").Produces<DrainListing>(StatusCodes.Status202Accepted).ProducesProblem(400).ProducesProblem(409)
            .RequireScope(ApiScope.Admin).WithSummary("Closes all connections over a time, and refuses new ones until it is cancelled.");
        api.MapDelete("/drain", (HttpContext context, DrainEndpoints drain) => drain.CancelAsync(context))
            .Produces<DrainListing>().ProducesProblem(409)
            .RequireScope(ApiScope.Admin).WithSummary("Cancels the drain: no further connection is closed, and new ones are admitted.");
    }

    private IResult Show(int status) => Results.Json(DrainListing.Of(gateway.Drain), ApiJson.Default.DrainListing, statusCode: status);

    private async Task<IResult> StartAsync(HttpContext context)
    {
        var body = await ApiBody.ReadAsync(context, ApiJson.Default.DrainBody);
        // Also refuses NaN, which JSON can carry as a text.
        if (body.DurationSeconds is { } given && given is not (>= 0 and <= MaxSeconds))
        {
            return ApiProblem.BadRequest("invalid_duration", string.Create(CultureInfo.InvariantCulture, $"'durationSeconds' is {given}, but must be between 0 and {MaxSeconds} (an hour)."));
        }

        var duration = body.DurationSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.Value.Draining.Duration;
        var caller = ApiCaller.Of(context);
        var change = gateway.StartDrain(duration, caller.Id);
        if (change != DrainChange.Done) return Refuse(change);
        audit.Record(caller, "drain", "all connections", string.Create(CultureInfo.InvariantCulture, $"started with {gateway.Drain.Connections} connections over {ApiTime.Seconds(duration)} s"));
        return Show(StatusCodes.Status202Accepted);
    }

    private async Task<IResult> CancelAsync(HttpContext context)
    {
        var before = gateway.Drain;
        var change = await gateway.CancelDrainAsync();
        if (change != DrainChange.Done) return Refuse(change);
        audit.Record(ApiCaller.Of(context), "drain", "all connections", string.Create(CultureInfo.InvariantCulture, $"cancelled after {before.Closed} of {before.Connections} connections"));
        return Show(StatusCodes.Status200OK);
    }

    private static ProblemHttpResult Refuse(DrainChange change) => change switch
    {
        DrainChange.AlreadyDraining => Conflict("already_draining", "The gateway drains already; GET shows how far it is, DELETE cancels it."),
        DrainChange.NotDraining => Conflict("not_draining", "The gateway does not drain, so there is nothing to cancel."),
        DrainChange.Stopping => Conflict("stopping", "The gateway is stopping: it drains to the end, and that cannot be cancelled."),
        _ => throw new ArgumentOutOfRangeException(nameof(change), change, "This is no refusal."),
    };

    private static ProblemHttpResult Conflict(string code, string detail) => ApiProblem.Create(StatusCodes.Status409Conflict, code, detail);
}
