using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Authorization;

/// <summary>Registers the authorization by a service, when the settings name one.</summary>
internal static class AuthorizationServices
{
    public static void AddAuthorizationService(this IServiceCollection services, AuthorizationOptions options)
    {
        services.AddSingleton<AuthorizationMetrics>();
        if (!options.IsOn()) return;
        services.AddSingleton(new AuthorizationClient(options));
        services.AddSingleton<IClientAuthorizer>(provider => new HttpClientAuthorizer(
            options, provider.GetRequiredService<AuthorizationClient>().AskAsync, provider.GetRequiredService<AuthorizationMetrics>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<HttpClientAuthorizer>>()));
    }
}
