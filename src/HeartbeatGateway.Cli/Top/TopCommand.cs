using System.CommandLine;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using Spectre.Console;

namespace HeartbeatGateway.Cli.Top;

/// <summary><c>hbg top</c>: what a running gateway does, second by second.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    public static Command Create(CliEnvironment surroundings)
    {
        var address = new Argument<string>("gateway") { Description = "The operators' HTTP address: host:port, or a URL.", DefaultValueFactory = _ => "localhost:8080" };
        var interval = Duration.Option("--interval", "How often the gateway is asked.", TimeSpan.FromSeconds(1));
        var once = new Option<bool>("--once") { Description = "Asks once and ends; there are no rates then." };
        var count = new Option<int?>("--count") { Description = "Ends after so many answers.", HelpName = "number" };
        var timeout = Duration.Option("--timeout", "How long an answer may take.", TimeSpan.FromSeconds(5));
        var json = new Option<bool>("--json") { Description = "Writes one JSON object a line." };
        var command = new Command("top", "Shows what a running gateway does: clients, heartbeats, bytes, endings. A live table on a terminal, a line for each interval elsewhere.");
        command.Add(address);
        foreach (var option in (Option[])[interval, once, count, timeout, json]) command.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(interval) < Shortest) throw new CliException(ExitCode.Usage, "--interval must be 100ms at least.");
            if (parsed.GetValue(timeout) <= TimeSpan.Zero) throw new CliException(ExitCode.Usage, "--timeout must be above 0.");
            if (parsed.GetValue(count) is <= 0) throw new CliException(ExitCode.Usage, "--count must be 1 or more.");
            using var page = new MetricsPage(parsed.GetRequiredValue(address), surroundings, parsed.GetValue(timeout));
            var loop = new TopLoop(page, surroundings.Time, parsed.GetValue(interval), parsed.GetValue(once) ? 1 : parsed.GetValue(count));
            if (parsed.GetValue(json)) await loop.RunAsync(new JsonTopView(surroundings), cancellation);
            else if (surroundings.IsOutputTerminal && !parsed.GetValue(once)) await RunLiveAsync(loop, page, surroundings, cancellation);
            else await loop.RunAsync(new LineTopView(surroundings), cancellation);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task RunLiveAsync(TopLoop loop, MetricsPage page, CliEnvironment surroundings, CancellationToken cancellation)
    {
        using var quit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var keys = surroundings.Keyboard is { } keyboard ? QuitOnKeyAsync(keyboard, quit) : Task.CompletedTask;
        await surroundings.Draw(surroundings.Out).Live(new Text($"asking {page.Address} ..."))
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
            // The view ended first; nobody waits for a key any more.
        }
    }
}
