using System.Diagnostics.Metrics;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Hosting;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Options;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HeartbeatGateway.Server;

/// <summary>Registers the gateway with a program's services.</summary>
public static class HeartbeatGatewayServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="IHeartbeatGateway"/> with the options of the section <c>Gateway</c>. It starts with the host, follows changes of the
    /// configuration, and drains when the host stops. Host stop timeouts must exceed <see cref="DrainingOptions.Duration"/>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The program's configuration, of which the section <c>Gateway</c> is read.</param>
    /// <exception cref="GatewayOptionsException">A key is unknown, or a value is not valid; the message names every wrong key.</exception>
    public static IServiceCollection AddHeartbeatGateway(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        var options = GatewayOptions.Read(configuration);
        services.AddHeartbeatGateway(options);
        services.AddHostedService(provider => new HostedGateway(
            provider.GetRequiredService<GatewayEngine>(), options, configuration, provider.GetRequiredService<ILoggerFactory>().CreateLogger("HeartbeatGateway.Server")));
        return services;
    }

    /// <summary>Registers <see cref="IHeartbeatGateway"/> with these options, for programs that start, reconfigure and stop <see cref="GatewayEngine"/> themselves.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">The options; checked when the engine is made.</param>
    public static IServiceCollection AddHeartbeatGateway(this IServiceCollection services, GatewayOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider =>
        {
            var timeProvider = provider.GetRequiredService<TimeProvider>();
            return new GatewayEngine(
                options,
                // Whether there is one must be known before it can be made. Not every container tells; the services do, for all that is registered there.
                new SinkSources(HasSink(provider, services), provider.GetService<IMessageSink>, provider.GetServices<INamedMessageSink>, provider.GetService<ILogLines>()),
                timeProvider,
                provider.GetRequiredService<IMeterFactory>(),
                provider.GetRequiredService<ILoggerFactory>(),
                MemoryPressure.OfProcess(timeProvider),
                provider.GetService<IClientAuthorizer>(),
                provider.GetService<ICluster>());
        });
        services.TryAddSingleton<IHeartbeatGateway>(provider => provider.GetRequiredService<GatewayEngine>());
        services.TryAddSingleton(provider => provider.GetRequiredService<GatewayEngine>().Handler);
        return services;
    }

    /// <summary>Registers the program's sink of application messages, in any order with the other registrations. It replaces the default of one log line for each, unless
    /// <c>Gateway:Messages:Sinks</c> says otherwise. It may depend on <see cref="IHeartbeatGateway"/>.</summary>
    /// <typeparam name="TSink">The sink's type; one instance serves all connections.</typeparam>
    /// <param name="services">The services.</param>
    /// <exception cref="InvalidOperationException">Another sink is registered.</exception>
    public static IServiceCollection AddMessageSink<TSink>(this IServiceCollection services)
        where TSink : class, IMessageSink
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(s => s.ServiceType == typeof(IMessageSink))) throw new InvalidOperationException("A message sink is registered already; a program has one of its own. Gateway:Messages:Sinks adds the others, such as log.");
        return services.AddSingleton<IMessageSink, TSink>();
    }

    private static bool HasSink(IServiceProvider provider, IServiceCollection services) =>
        provider.GetService<IServiceProviderIsService>()?.IsService(typeof(IMessageSink)) ?? services.Any(s => s.ServiceType == typeof(IMessageSink));
}
