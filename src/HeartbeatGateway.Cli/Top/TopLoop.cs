namespace HeartbeatGateway.Cli.Top;

/// <summary>Scrapes at a fixed interval and shows the snapshots.</summary>
internal sealed class TopLoop(MetricsPage page, TimeProvider time, TimeSpan interval, int? count, TopClientsReader? clients = null)
{
    /// <summary>Ends after <c>count</c> answers, or on cancellation, which is the usual end.</summary>
    /// <exception cref="CliException">The first scrape failed. Later scrapes can fail, because a gateway can restart.</exception>
    public async Task RunAsync(ITopView view, CancellationToken cancellation)
    {
        Scrape? before = null;
        using var ticks = new PeriodicTimer(interval, time);
        try
        {
            for (var shown = 0; ;)
            {
                try
                {
                    var now = await page.ScrapeAsync(cancellation);
                    var snapshot = TopSnapshot.Of(now, before);
                    if (clients is not null) snapshot = snapshot with { Clients = await clients.ReadAsync(cancellation) };
                    await view.ShowAsync(snapshot);
                    before = now;
                    if (++shown == count) return;
                }
                catch (CliException e) when (before is not null && e.Code == ExitCode.NoGateway)
                {
                    await view.ShowFailureAsync(e.Message);
                }

                await ticks.WaitForNextTickAsync(cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl+C or q is the usual end of a view.
        }
    }
}
