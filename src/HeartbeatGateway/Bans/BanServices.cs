using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Bans;

/// <summary>Registers what keeps the bans: the cluster when there is one, otherwise the file.</summary>
internal static class BanServices
{
    public static void AddBans(this IServiceCollection services)
    {
        services.AddSingleton<BanStore>();
        // By factories: without a cluster there is no IClusterBans, which a check of all registrations would complain of.
        services.AddSingleton(provider => new ClusterBanStore(
            provider.GetRequiredService<IHeartbeatGateway>(),
            provider.GetRequiredService<IClusterBans>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ClusterBanStore>>()));
        services.AddSingleton<IBanChanges>(provider =>
            provider.GetService<IClusterBans>() is null ? provider.GetRequiredService<BanStore>() : provider.GetRequiredService<ClusterBanStore>());
    }

    public static void AddBanWatch(this IServiceCollection services) => services.AddSingleton<IHostedService>(provider => provider.GetService<IClusterBans>() is { } cluster
        ? new ClusterBanWatch(provider.GetRequiredService<ClusterBanStore>(), cluster)
        : ActivatorUtilities.CreateInstance<BanFileWatch>(provider));

    /// <summary>Reads the file; not with a cluster, whose bans are read when it is started.</summary>
    /// <exception cref="Server.Options.GatewayOptionsException">The file cannot be used.</exception>
    public static void LoadBans(this IServiceProvider provider)
    {
        if (provider.GetService<IClusterBans>() is null) provider.GetRequiredService<BanStore>().Load();
        else if (!string.IsNullOrEmpty(provider.GetRequiredService<ServiceOptions>().Bans.File))
        {
            provider.GetRequiredService<ILogger<ClusterBanStore>>().ConfigurationWarning(
                "Gateway:Bans:File is not used: with Gateway:Redis the bans are kept in Redis, for all nodes. Ban again what only the file has, and remove the setting.");
        }
    }
}
