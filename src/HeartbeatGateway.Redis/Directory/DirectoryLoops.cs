namespace HeartbeatGateway.Redis.Directory;

/// <summary>What the directory does all the time: renew the lease, and compare.</summary>
internal sealed class DirectoryLoops(
    LeaseKeeper keeper, Reconciler reconciler, RedisHealth health, RedisOptions options, TimeProvider timeProvider, BackgroundWork work)
{
    /// <summary>After a failure.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    public void Start()
    {
        work.RunAlways("renew the lease", () => RepeatAsync("renew the lease", RenewAsync));
        work.RunAlways("compare the directory", () => RepeatAsync("compare the directory", CompareAsync));
    }

    private async Task<TimeSpan> RenewAsync()
    {
        var mayReap = keeper.MayReap;
        try
        {
            var renewal = await keeper.RenewAsync(mayReap);
            // First of all: this node has removed the leases.
            work.RunAlways("remove the entries of lost nodes", () => keeper.ReapAsync(renewal, mayReap));
        }
        finally
        {
            await keeper.FollowAsync(health.TakeFailures());
        }

        return options.Lease / 4;
    }

    private async Task<TimeSpan> CompareAsync()
    {
        var started = timeProvider.GetTimestamp();
        await Task.Delay(ComparePlan.Round / 4, timeProvider, work.Stopping);
        await reconciler.RunRoundAsync();
        return ComparePlan.Round - timeProvider.GetElapsedTime(started);
    }

    private async Task RepeatAsync(string name, Func<Task<TimeSpan>> step)
    {
        while (!work.Stopping.IsCancellationRequested)
        {
            var wait = RetryAfter;
            try
            {
                wait = await step();
            }
            catch (OperationCanceledException) when (work.Stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                work.Failed(name, e);
            }

            if (wait > TimeSpan.Zero) await Task.Delay(wait, timeProvider, work.Stopping);
        }
    }
}
