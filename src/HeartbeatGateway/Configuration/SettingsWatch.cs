using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Configuration;

/// <summary>
/// Reads the settings files again every few seconds, and logs which of them cannot be used. It compares contents: mounted files change behind
/// symbolic links, without a file-system event, and a file can be replaced by one of the same size and time.
/// </summary>
internal sealed class SettingsWatch(IConfiguration configuration, TimeProvider timeProvider, ILogger<SettingsWatch> logger) : IHostedService, IDisposable
{
    /// <summary>How often the files are read.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(4);

    private const int MaxErrorChars = 4096;

    private readonly Lock _looking = new();
    private ITimer? _timer;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var file in SettingsFiles.Of(configuration)) file.Reported = Log;
        _timer = timeProvider.CreateTimer(static state => ((SettingsWatch)state!).Look(), this, Interval, Interval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        // A file system that does not answer must not collect waiting threads.
        if (!_looking.TryEnter()) return;
        try
        {
            // All files before the announcement, so that a change of several files takes effect as one.
            var changed = SettingsFiles.Of(configuration).Where(file => file.Look(isPatient: true)).ToList();
            if (changed.Count > 0) changed[0].Announce();
        }
        catch (Exception e)
        {
            // On a timer's thread an unhandled exception would end the process.
            logger.ConfigurationRefused(e.ToString());
        }
        finally
        {
            _looking.Exit();
        }
    }

    private void Log(SettingsFile file)
    {
        if (file.Fault is not { } fault) logger.SettingsFileUsable(file.FullPath);
        else if (file.IsGone) logger.SettingsFileGone(file.FullPath);
        else logger.ConfigurationRefused(PrintableText.From(fault, MaxErrorChars));
    }
}
