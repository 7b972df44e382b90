namespace HeartbeatGateway.Api.Snapshots;

/// <summary>Takes a snapshot each second, whether or not anyone reads, so that the status page opens with its history.</summary>
internal sealed class SnapshotSampler(SnapshotSource source, SnapshotHistory history, TimeProvider timeProvider, ILogger<SnapshotSampler> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private bool _hasFailed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Interval, timeProvider);
        try
        {
            do
            {
                Sample();
            }
            while (await ticks.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>An exception here would otherwise stop the gateway, with all its clients.</summary>
    private void Sample()
    {
        try
        {
            history.Add(source.Take());
            _hasFailed = false;
        }
        catch (Exception e)
        {
            if (!_hasFailed) logger.SnapshotFailed(e);
            _hasFailed = true;
        }
    }
}
