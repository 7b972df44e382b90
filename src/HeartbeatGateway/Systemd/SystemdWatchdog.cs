using System.Net.Sockets;
using HeartbeatGateway.Health;
using Microsoft.Extensions.Hosting.Systemd;

namespace HeartbeatGateway.Systemd;

/// <summary>
/// Notifies systemd's watchdog while the gateway is live. Without the notification systemd ends the process and starts it again. The notification
/// continues while the gateway drains.
/// </summary>
/// <param name="checkLiveness">The check behind <c>/livez</c>.</param>
/// <param name="notifier">Sends to the service manager.</param>
/// <param name="interval">The time between two checks.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Gets a line when the notification ends.</param>
internal sealed class SystemdWatchdog(
    Func<CancellationToken, Task<LivenessReport>> checkLiveness,
    ISystemdNotifier notifier,
    TimeSpan interval,
    TimeProvider timeProvider,
    ILogger<SystemdWatchdog> logger)
    : IHostedService, IDisposable
{
    private static readonly ServiceState Alive = new("WATCHDOG=1");

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private bool _isNotified = true;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = RunAsync();
        return Task.CompletedTask;
    }

    /// <summary>Called after the drain: until then, systemd's watchdog counts.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(interval, timeProvider);
        try
        {
            do
            {
                await NotifyIfLiveAsync();
            }
            while (await timer.WaitForNextTickAsync(_stopping.Token));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The gateway stops.
        }
    }

    private async Task NotifyIfLiveAsync()
    {
        var error = await TryNotifyAsync();
        if (error is not null && _isNotified) logger.WatchdogNotNotified(error);
        _isNotified = error is null;
    }

    /// <returns>Null when systemd was notified; otherwise why not.</returns>
    private async Task<string?> TryNotifyAsync()
    {
        try
        {
            var report = await checkLiveness(_stopping.Token);
            if (!report.IsLive) return report.Detail;
            notifier.Notify(Alive);
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The next check may succeed, and systemd's patience ends in the meantime only if none does.
            return e is SocketException ? $"the notification socket does not take it: {e.Message}" : e.ToString();
        }
    }
}
