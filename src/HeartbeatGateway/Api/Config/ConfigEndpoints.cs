using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Api.Config;

/// <summary>Shows the settings in force. Secrets, and whatever may contain one, only as set or not set.</summary>
internal static class ConfigEndpoints
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/config", (SettingsInForce settings) => Results.Json(new ConfigListing(settings.List), ApiJson.Default.ConfigListing))
            .Produces<ConfigListing>()
            .RequireScope(ApiScope.Admin).WithSummary("The settings in force, and where each comes from.");
}

/// <summary>The settings in force.</summary>
/// <param name="Options">Those of the section Gateway, each with its default where it is not set, then those of the platform that are set.</param>
internal sealed record ConfigListing(IReadOnlyList<ShownSetting> Options);
