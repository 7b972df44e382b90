using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Bans;

/// <summary>
/// Looks at the file of bans every few seconds: mounted files change without a file-system event. Saves automatic bans when the gateway stops.
/// </summary>
internal sealed class BanFileWatch(BanStore bans, TimeProvider timeProvider, ILogger<BanFileWatch> logger) : IHostedService, IDisposable
{
    private readonly Lock _looking = new();
    private ITimer? _timer;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = timeProvider.CreateTimer(static state => ((BanFileWatch)state!).Look(), this, SettingsWatch.Interval, SettingsWatch.Interval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        Look();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        // A file system that does not answer must not collect waiting threads.
        if (!_looking.TryEnter()) return;
        try
        {
            bans.Look();
        }
        catch (Exception e)
        {
            // On a timer's thread an unhandled exception would end the process.
            logger.BansNotSaved(e.ToString());
        }
        finally
        {
            _looking.Exit();
        }
    }
}
