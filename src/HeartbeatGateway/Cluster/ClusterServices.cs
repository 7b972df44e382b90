using System.Diagnostics.Metrics;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Redis;
using HeartbeatGateway.Server.Clusters;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HeartbeatGateway.Cluster;

/// <summary>Registers the cluster: on Redis when <c>Gateway:Redis</c> has a configuration, else this gateway alone.</summary>
internal static class ClusterServices
{
    public static void AddCluster(this IServiceCollection services, ServiceOptions options)
    {
        services.AddSingleton<NodeQuestions>();
        services.AddSingleton<NodeService>();
        services.AddSingleton<ClusterEventLog>();
        services.AddHostedService<ClusterEventFollower>();
        if (options.Redis.Parsed is not { } redis)
        {
            services.TryAddSingleton<ICluster>(new EmbeddedCluster(options.Redis.Name));
            return;
        }

        // The engine depends on it and stops with the host, so it is disposed after the engine has stopped.
        services.TryAddSingleton<ICluster>(provider => new RedisCluster(
            redis, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => ((RedisCluster)provider.GetRequiredService<ICluster>()).Bans!);
        services.AddSingleton(provider => ((RedisCluster)provider.GetRequiredService<ICluster>()).MessageSink!);
    }
}
