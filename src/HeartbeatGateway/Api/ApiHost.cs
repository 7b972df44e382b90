using System.Globalization;
using System.Threading.RateLimiting;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Audit;
using HeartbeatGateway.Api.Bans;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Api.Config;
using HeartbeatGateway.Api.Deliveries;
using HeartbeatGateway.Api.Disconnects;
using HeartbeatGateway.Api.Drain;
using HeartbeatGateway.Api.Messages;
using HeartbeatGateway.Api.Nodes;
using HeartbeatGateway.Api.Presence;
using HeartbeatGateway.Api.Snapshots;
using HeartbeatGateway.Api.Status;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Configuration;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;

namespace HeartbeatGateway.Api;

/// <summary>Composes the HTTP API: access, limits, errors, endpoints.</summary>
internal static class ApiHost
{
    /// <summary>Where all endpoints of the API are.</summary>
    public const string Prefix = "/api/v1";

    private const string OpenApiPath = "/openapi";
    private const string RateLimit = "api";

    public static void AddApi(this IServiceCollection services)
    {
        services.AddProblemDetails(options => options.CustomizeProblemDetails = static context => ApiProblem.Complete(context.ProblemDetails));
        services.AddSingleton<ApiKeyRing>();
        services.AddTransient<ApiKeyAuthentication>();
        services.AddAuthenticationCore(options => options.AddScheme<ApiKeyAuthentication>(ApiKeyAuthentication.Scheme, displayName: null));
        services.AddAuthorization();
        services.AddRateLimiter(options =>
        {
            options.AddPolicy(RateLimit, PartitionOf);
            options.OnRejected = static async (context, _) =>
            {
                if (context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after)) context.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(after.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                await ApiProblem.Create(StatusCodes.Status429TooManyRequests, "too_many_requests", "This caller sends more requests than Gateway:Admin:RequestsPerSecond allows; try again after Retry-After.").ExecuteAsync(context.HttpContext);
            };
        });
        services.AddOpenApi(options => options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "HeartbeatGateway";
            document.Info.Version = "v1";
            return Task.CompletedTask;
        }));
        services.AddSingleton<ClientPages>();
        services.AddSingleton<CursorFormat>();
        services.AddSingleton<ClientLists>();
        services.AddSingleton<ClientViews>();
        services.AddSingleton<ClientEndpoints>();
        services.AddSingleton<IdempotencyCache>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<DeliveryWaits>();
        services.AddSingleton<MessageEndpoints>();
        services.AddSingleton<BroadcastEndpoints>();
        services.AddSingleton<Disconnector>();
        services.AddSingleton<ClusterDisconnects>();
        services.AddSingleton<DisconnectEndpoints>();
        services.AddSingleton<DisconnectLists>();
        services.AddSingleton<HistoryEndpoints>();
        services.AddSingleton<BanEndpoints>();
        services.AddSingleton<DrainEndpoints>();
        services.AddSingleton<SettingsInForce>();
        services.AddSingleton<StreamEventId>();
        services.AddSingleton<EventStream>();
        services.AddSingleton<ClusterEventStream>();
        services.AddSingleton<DeliveryStream>();
        services.AddSingleton<LastEvents>();
        services.AddSingleton<PresencePages>();
        services.AddSingleton<PresenceEndpoints>();
        services.AddSingleton<NodeFigures>();
        services.AddSingleton<StatusEndpoints>();
        services.AddSingleton<CounterReader>();
        services.AddSingleton<SnapshotSource>();
        services.AddSingleton<SnapshotHistory>();
        services.AddSingleton<SnapshotEndpoints>();
        services.AddHostedService<SnapshotSampler>();
    }

    public static void UseApi(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseWhen(static context => IsApi(context.Request.Path), static branch => branch.Use(ForbidCaches).Use(CrossSiteGuard.InvokeAsync));
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseRateLimiter();
    }

    public static void MapApi(this WebApplication app)
    {
        // Made before the first connection: it says since when the gateway runs.
        app.Services.GetRequiredService<StatusEndpoints>();
        // Other nodes may ask as soon as the engine has started.
        app.Services.GetRequiredService<NodeService>().Register();
        // Made at the start too: it follows the reloads.
        app.Services.GetRequiredService<SettingsInForce>();
        // It is made anew for each request, so it needs a key as the endpoints do.
        app.MapOpenApi(OpenApiPath + "/{documentName}.json").RequireScope(ApiScope.Read).RequireRateLimiting(RateLimit);
        var api = app.MapGroup(Prefix).RequireRateLimiting(RateLimit).ProducesProblem(401).ProducesProblem(403).ProducesProblem(429).AddEndpointFilter(AnswerProblems).AddEndpointFilter(BoundBody);
        StatusEndpoints.Map(api);
        NodeEndpoints.Map(api);
        SnapshotEndpoints.Map(api);
        ClientEndpoints.Map(api);
        MessageEndpoints.Map(api);
        BroadcastEndpoints.Map(api);
        DisconnectEndpoints.Map(api);
        HistoryEndpoints.Map(api);
        BanEndpoints.Map(api);
        DrainEndpoints.Map(api);
        ConfigEndpoints.Map(api);
        KeyEndpoints.Map(api);
        PresenceEndpoints.Map(api);
        DeliveryEndpoints.Map(api);
        AuditEndpoints.Map(api);
    }

    /// <summary><c>/metrics</c> needs a key while the settings demand it; they may change while the gateway runs.</summary>
    public static AuthorizationPolicy MetricsPolicy(IServiceProvider services)
    {
        var keys = services.GetRequiredService<ApiKeyRing>();
        return new AuthorizationPolicyBuilder(ApiKeyAuthentication.Scheme)
            .RequireAssertion(context => !keys.Options.RequireKeyForMetrics || ApiCaller.ScopeOf(context.User) >= ApiScope.Read)
            .Build();
    }

    private static bool IsApi(PathString path) =>
        path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments(OpenApiPath, StringComparison.OrdinalIgnoreCase);

    private static RateLimitPartition<string> PartitionOf(HttpContext context)
    {
        var perSecond = context.RequestServices.GetRequiredService<ApiKeyRing>().Options.RequestsPerSecond;
        var caller = context.User.Identity?.Name ?? "";
        return perSecond == 0
            ? RateLimitPartition.GetNoLimiter(caller)
            : RateLimitPartition.GetTokenBucketLimiter($"{caller} {perSecond}", _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = 2 * perSecond,
                TokensPerPeriod = perSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            });
    }

    private static async ValueTask<object?> AnswerProblems(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (ApiProblemException e)
        {
            return e.Result;
        }
    }

    /// <summary>Answers depend on the key, and their texts are never a page.</summary>
    private static Task ForbidCaches(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return next(context);
    }

    private static ValueTask<object?> BoundBody(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (context.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bound) bound.MaxRequestBodySize = ApiBody.MaxBytes;
        return next(context);
    }
}
