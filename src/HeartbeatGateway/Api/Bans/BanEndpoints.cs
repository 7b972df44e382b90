using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Audit;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Bans;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Options;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HeartbeatGateway.Api.Bans;

/// <summary>Shows, makes and lifts bans.</summary>
internal sealed class BanEndpoints(IHeartbeatGateway gateway, ClientPages clients, IBanChanges bans, AuditLog audit, TimeProvider timeProvider) : IDisposable
{
    // Each may wait for the file system: a slow one keeps one thread, and not all that callers can occupy.
    private readonly SemaphoreSlim _changing = new(1);

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/bans", (HttpContext context, BanEndpoints endpoints) => endpoints.ListAsync(context.RequestAborted))
            .Produces<BanListing>()
            .RequireScope(ApiScope.Read).WithSummary("The bans in force, and the connections that they match.");
        api.MapPost("/bans", (HttpContext context, BanEndpoints endpoints) => endpoints.AddAsync(context))
            .Accepts<BanBody>("application/json").Produces<BanResult>(StatusCodes.Status201Created).Produces<BanResult>()
            .ProducesProblem(400).ProducesProblem(409).ProducesProblem(503)
            .RequireScope(ApiScope.Admin).WithSummary("Bans a client id, an address, a network or a token key, and closes whom it matches.");
        api.MapDelete("/bans/{id}", (string id, HttpContext context, BanEndpoints endpoints) => endpoints.RemoveAsync(id, context))
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(404).ProducesProblem(503)
            .RequireScope(ApiScope.Admin).WithSummary("Lifts a ban.");
    }

    public void Dispose() => _changing.Dispose();

    private async Task<IResult> ListAsync(CancellationToken cancellationToken)
    {
        var listed = await clients.TakeTurnAsync(gateway.Bans.ListMatches, cancellationToken);
        var automatic = gateway.Bans.ReportAutomatic();
        var observed = automatic.WouldBeBanned
            .Select(b => new ObservedBan(b.Kind.ToName(), b.Value, b.Comment, ApiTime.Of(b.CreatedAt), Time(b.ExpiresAt)));
        var state = new AutomaticBanState(NameOf(automatic), automatic.Made, automatic.Observed, [.. observed]);
        return Results.Json(new BanListing([.. listed.Select(Describe)], state), ApiJson.Default.BanListing);
    }

    private async Task<IResult> AddAsync(HttpContext context)
    {
        var caller = ApiCaller.Of(context);
        var body = await ApiBody.ReadAsync(context, ApiJson.Default.BanBody);
        var ban = BanReader.Read(body, caller.Id, timeProvider.GetUtcNow());
        if (body.DryRun)
        {
            if (gateway.Bans.Check(ban) is var unfit and not BanRefusal.None) return ProblemOf(unfit, ban);
            var matches = await clients.TakeTurnAsync(() => gateway.Bans.FindMatches(ban), context.RequestAborted);
            return Results.Json(new BanResult(Describe(matches), Closed: 0), ApiJson.Default.BanResult);
        }

        var target = TargetOf(ban);
        await _changing.WaitAsync(context.RequestAborted);
        try
        {
            var (refusal, effect) = await bans.TryAddAsync(ban);
            audit.Record(caller, "ban", target, effect is null ? $"refused: {refusal}" : $"{ban.Id}, {effect.Closed} closed");
            return effect is null
                ? ProblemOf(refusal, ban)
                : Results.Json(new BanResult(Describe(effect.Matches), effect.Closed), ApiJson.Default.BanResult, statusCode: StatusCodes.Status201Created);
        }
        catch (Exception e) when (e is BanFileException or ClusterUnavailableException)
        {
            audit.Record(caller, "ban", target, "not saved, so nothing has changed");
            return NotSaved(e);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task<IResult> RemoveAsync(string id, HttpContext context)
    {
        var caller = ApiCaller.Of(context);
        await _changing.WaitAsync(context.RequestAborted);
        try
        {
            if (await bans.RemoveAsync(id) is not { } ban)
            {
                audit.Record(caller, "unban", ApiText.Quote(id), "not found");
                return ApiProblem.NotFound("ban_not_found", $"There is no ban '{ApiText.Quote(id)}'; it may have expired. GET bans lists those in force.");
            }

            audit.Record(caller, "unban", $"{ban.Id} ({TargetOf(ban)})", "lifted");
            return Results.NoContent();
        }
        catch (Exception e) when (e is BanFileException or ClusterUnavailableException)
        {
            audit.Record(caller, "unban", ApiText.Quote(id), "not saved, so nothing has changed");
            return NotSaved(e);
        }
        finally
        {
            _changing.Release();
        }
    }

    private static ProblemHttpResult ProblemOf(BanRefusal refusal, Ban ban) => refusal switch
    {
        BanRefusal.TrustedProxy => ApiProblem.BadRequest(
            "invalid_address",
            $"'{ban.Value}' belongs to a trusted proxy (Gateway:Proxy:TrustedNetworks), which is never banned; ban the address of the client behind it."),
        BanRefusal.Expired => ApiProblem.BadRequest("invalid_expiry", "The ban has expired already."),
        _ => ApiProblem.Create(
            StatusCodes.Status409Conflict, "too_many_bans", "The list of bans is full; lift some, or ban a network instead of its addresses."),
    };

    private static ProblemHttpResult NotSaved(Exception e) => e is ClusterUnavailableException
        ? ApiProblem.Create(StatusCodes.Status503ServiceUnavailable, "cluster_unavailable", $"The bans in force stay. {e.Message} Try again, and look at GET bans first.")
        : ApiProblem.Create(StatusCodes.Status503ServiceUnavailable, "bans_not_saved", $"Nothing has changed. {e.Message}");

    private static string TargetOf(Ban ban) => $"{ban.Kind.ToName()} {ban.Value}";

    private static string NameOf(AutomaticBanReport report) => report.Mode switch
    {
        AutomaticBanMode.Observe => "observe",
        AutomaticBanMode.Enforce => "enforce",
        _ => "off",
    };

    private static DateTimeOffset? Time(DateTimeOffset? time) => time is { } known ? ApiTime.Of(known) : null;

    private static BanEntry Describe(BanMatches m) => new(
        m.Ban.Id, m.Ban.Kind.ToName(), m.Ban.Value, m.Ban.Comment, ApiTime.Of(m.Ban.CreatedAt), m.Ban.CreatedBy, Time(m.Ban.ExpiresAt), m.Ban.IsAutomatic,
        m.Refused, m.Count, m.Names);
}
