using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using Spectre.Console;

namespace HeartbeatGateway.Cli.Load;

/// <summary>Shows the progress of a run on standard error: a bar on a terminal, otherwise a line every 5 s.</summary>
internal static class LoadProgress
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    /// <summary>Shows progress until the run ends.</summary>
    public static async Task ShowAsync(Task run, LoadStatistics statistics, int clients, TimeSpan length, CliEnvironment environment)
    {
        if (!environment.IsErrorTerminal)
        {
            while (await IsRunningAfterAsync(run, BetweenLines, environment.Time)) await environment.Error.WriteLineAsync(Line(statistics, clients));
            return;
        }

        await environment.Draw(environment.Error).Progress()
            .Columns(new ProgressBarColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .AutoRefresh(false).AutoClear(true)
            .StartAsync(async context =>
            {
                var bar = context.AddTask("starting", maxValue: length.TotalSeconds);
                while (await IsRunningAfterAsync(run, Redraw, environment.Time))
                {
                    bar.Value = statistics.Elapsed.TotalSeconds;
                    bar.Description = Markup.Escape(Line(statistics, clients));
                    context.Refresh();
                }
            });
    }

    private static async Task<bool> IsRunningAfterAsync(Task run, TimeSpan interval, TimeProvider time)
    {
        using var over = new CancellationTokenSource();
        var ended = await Task.WhenAny(run, Task.Delay(interval, time, over.Token)) == run;
        await over.CancelAsync();
        return !ended;
    }

    private static string Line(LoadStatistics statistics, int clients)
    {
        var rtt = statistics.Rtt.Read() is { } r
            ? $"RTT p50 {Duration.Describe(TimeSpan.FromMilliseconds(r.P50Ms))} p99 {Duration.Describe(TimeSpan.FromMilliseconds(r.P99Ms))}"
            : "no heartbeat answered yet";
        return $"{Duration.Describe(TimeSpan.FromSeconds(Math.Round(statistics.Elapsed.TotalSeconds)))}: {statistics.Connected} of {clients} connected, "
            + $"{rtt}, {statistics.Lost} lost, {statistics.Reconnects} reconnected";
    }
}
