using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client;

/// <summary>Registers a client with a host.</summary>
public static class GatewayClientServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="GatewayClient"/> as singleton, started with the host and disposed when the host stops. It logs to the
    /// host's loggers, counts on the host's meters, and uses its <see cref="TimeProvider"/> if one is registered.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">Makes the client's options, once.</param>
    /// <returns>The services, for further calls.</returns>
    public static IServiceCollection AddGatewayClient(this IServiceCollection services, Func<IServiceProvider, GatewayClientOptions> options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(provider => new GatewayClient(
            options(provider), provider.GetService<ILoggerFactory>(), provider.GetService<TimeProvider>(), provider.GetService<IMeterFactory>()));
        return services.AddHostedService(provider => new GatewayClientHostedService(provider.GetRequiredService<GatewayClient>()));
    }
}
