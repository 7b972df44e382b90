using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client;

/// <summary>Registers a client in a host's services.</summary>
public static class GatewayClientServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="GatewayClient"/> as a singleton that starts with the host and is disposed when the host stops. It uses the
    /// host's loggers, the host's meters and, if one is registered, the host's <see cref="TimeProvider"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">Creates the client's options; called once.</param>
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
