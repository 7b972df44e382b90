using System.CommandLine;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using Spectre.Console;

namespace HeartbeatGateway.Cli.Top;

/// <summary><c>hbg top</c>: shows the state and the rates of a running gateway.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    public static Command Create(CliEnvironment environment)
    {
        var address = new Argument<string>("gateway")
        {
            Description = "The gateway's HTTP address: host, host:port, or a URL.",
            DefaultValueFactory = _ => "localhost:8080",
        };
        DidYouMean.RefuseOptions(address);
        var interval = Duration.Option("--interval", "The time between two scrapes.", TimeSpan.FromSeconds(1));
        var once = new Option<bool>("--once") { Description = "Scrapes once and ends; shows no rates." };
        var count = new Option<int?>("--count") { Description = "Ends after this number of answers.", HelpName = "number" };
        var timeout = Duration.Option("--timeout", "The time limit for an answer.", TimeSpan.FromSeconds(5));
        var json = new Option<bool>("--json") { Description = "Writes one JSON object per line." };
        var command = new Command(
            "top",
            "Shows the state of a running gateway: clients, heartbeats, bytes, closed connections. "
            + "On a terminal it is a live table, elsewhere one line per interval.");
        command.Add(address);
        foreach (var option in (Option[])[interval, once, count, timeout, json]) command.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(interval) < Shortest) throw new CliException(ExitCode.Usage, "--interval must be at least 100ms.");
            if (parsed.GetValue(timeout) <= TimeSpan.Zero) throw new CliException(ExitCode.Usage, "--timeout must be above 0.");
            if (parsed.GetValue(count) is <= 0) throw new CliException(ExitCode.Usage, "--count must be 1 or more.");
            using var page = new MetricsPage(parsed.GetRequiredValue(address), environment, parsed.GetValue(timeout));
            var loop = new TopLoop(page, environment.Time, parsed.GetValue(interval), parsed.GetValue(once) ? 1 : parsed.GetValue(count));
            if (parsed.GetValue(json)) await loop.RunAsync(new JsonTopView(environment), cancellation);
            else if (environment.IsOutputTerminal && !parsed.GetValue(once)) await RunLiveAsync(loop, page, environment, cancellation);
            else await loop.RunAsync(new LineTopView(environment), cancellation);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task RunLiveAsync(TopLoop loop, MetricsPage page, CliEnvironment environment, CancellationToken cancellation)
    {
        using var quit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var keys = environment.Keyboard is { } keyboard ? QuitOnKeyAsync(keyboard, quit) : Task.CompletedTask;
        await environment.Draw(environment.Out).Live(new Text($"reading {page.Address} ..."))
            .StartAsync(display => loop.RunAsync(new LiveTopView(display, page.Address), quit.Token));
        await quit.CancelAsync();
        await keys;
    }

    private static async Task QuitOnKeyAsync(IKeyboard keyboard, CancellationTokenSource quit)
    {
        try
        {
            while (await keyboard.ReadAsync(quit.Token) is { } key)
            {
                if (key.Key is not (ConsoleKey.Q or ConsoleKey.Escape)) continue;
                await quit.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The view ended first; the key read is cancelled.
        }
    }
}
