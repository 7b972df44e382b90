using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client;

/// <summary>Registers clients in a host's services.</summary>
public static class GatewayClientServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="GatewayClient"/> as a singleton that starts with the host and is disposed when the host stops. It uses the
    /// host's loggers, the host's meters and, if one is registered, the host's <see cref="TimeProvider"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">Creates the client's options; called once.</param>
    /// <returns>The services, for further calls.</returns>
    /// <exception cref="InvalidOperationException">A client without a name is already registered; give the others a name.</exception>
    public static IServiceCollection AddGatewayClient(this IServiceCollection services, Func<IServiceProvider, GatewayClientOptions> options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        if (services.Any(s => s.ServiceType == typeof(GatewayClient) && !s.IsKeyedService))
        {
            throw new InvalidOperationException("A GatewayClient is already registered. Call AddGatewayClient(name, ...) to register several clients.");
        }

        services.AddSingleton(provider => Create(provider, options));
        return services.AddSingleton<IHostedService>(provider => Host(provider, provider.GetRequiredService<GatewayClient>()));
    }

    /// <summary>
    /// Registers one of several clients, as a keyed singleton: take it with <c>[FromKeyedServices("name")]</c>. Otherwise as
    /// <see cref="AddGatewayClient(IServiceCollection, Func{IServiceProvider, GatewayClientOptions})"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The key of the client in the services.</param>
    /// <param name="options">Creates the client's options; called once.</param>
    /// <returns>The services, for further calls.</returns>
    /// <exception cref="InvalidOperationException">A client with this name is already registered.</exception>
    public static IServiceCollection AddGatewayClient(
        this IServiceCollection services, string name, Func<IServiceProvider, GatewayClientOptions> options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        if (services.Any(s => s.ServiceType == typeof(GatewayClient) && s.IsKeyedService && name.Equals(s.ServiceKey)))
        {
            throw new InvalidOperationException($"A GatewayClient named '{name}' is already registered. Each client needs a name of its own.");
        }

        services.AddKeyedSingleton(name, (provider, _) => Create(provider, options));
        return services.AddSingleton<IHostedService>(provider => Host(provider, provider.GetRequiredKeyedService<GatewayClient>(name)));
    }

    /// <summary>Registers one client whose options are bound from a section; see <see cref="GatewayClientOptions.FromConfiguration"/>.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="section">The section of the client.</param>
    /// <returns>The services, for further calls.</returns>
    /// <exception cref="InvalidOperationException">A client without a name is already registered.</exception>
    public static IServiceCollection AddGatewayClient(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddGatewayClient(_ => GatewayClientOptions.FromConfiguration(section));
    }

    /// <summary>Registers one of several clients whose options are bound from a section.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The key of the client in the services.</param>
    /// <param name="section">The section of the client.</param>
    /// <returns>The services, for further calls.</returns>
    /// <exception cref="InvalidOperationException">A client with this name is already registered.</exception>
    public static IServiceCollection AddGatewayClient(this IServiceCollection services, string name, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddGatewayClient(name, _ => GatewayClientOptions.FromConfiguration(section));
    }

    /// <summary>
    /// Adds a health check of a client: healthy while it is connected, degraded while it connects or waits, and unhealthy (or the failure status
    /// that is configured) when it has stopped permanently. The description is the state and the end of the most recent connection or attempt.
    /// </summary>
    /// <param name="builder">The builder of <c>AddHealthChecks</c>.</param>
    /// <param name="clientName">The name of the client; null for the client without a name.</param>
    /// <returns>The builder, for further calls.</returns>
    public static IHealthChecksBuilder AddGatewayClientCheck(this IHealthChecksBuilder builder, string? clientName = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            clientName is null ? "gateway-client" : $"gateway-client-{clientName}",
            provider => new GatewayClientHealthCheck(
                clientName is null ? provider.GetRequiredService<GatewayClient>() : provider.GetRequiredKeyedService<GatewayClient>(clientName)),
            failureStatus: null,
            tags: null));
    }

    private static GatewayClient Create(IServiceProvider provider, Func<IServiceProvider, GatewayClientOptions> options) => new(
        options(provider), provider.GetService<ILoggerFactory>(), provider.GetService<TimeProvider>(), provider.GetService<IMeterFactory>());

    private static GatewayClientHostedService Host(IServiceProvider provider, GatewayClient client) =>
        new(client, provider.GetService<IHostApplicationLifetime>());
}
