using HeartbeatGateway.Health;
using Microsoft.Extensions.Hosting.Systemd;

namespace HeartbeatGateway.Systemd;

/// <summary>Notifies a service manager of readiness, of shutdown and, where it watches the service, of liveness (sd_notify(3)).</summary>
internal static class SystemdNotifications
{
    /// <summary>
    /// Registers the notifications if the service manager has given a socket. The framework's own condition, a parent process that is named systemd,
    /// does not hold in the hardened unit, which hides the processes of other users.
    /// </summary>
    public static void Add(IServiceCollection services)
    {
        if (!OperatingSystem.IsLinux() || string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"))) return;
        services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        services.AddSingleton<IHostLifetime, SystemdLifetime>();
        if (WatchdogInterval.FromEnvironment() is not { } interval) return;
        services.AddHostedService(provider => new SystemdWatchdog(
            provider.GetRequiredService<LivenessProbe>().CheckAsync,
            provider.GetRequiredService<ISystemdNotifier>(),
            interval,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SystemdWatchdog>>()));
    }
}
