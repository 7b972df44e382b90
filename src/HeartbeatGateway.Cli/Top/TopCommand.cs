using System.CommandLine;
using HeartbeatGateway.Cli.Api;
using HeartbeatGateway.Cli.Api.Access;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using Spectre.Console;

namespace HeartbeatGateway.Cli.Top;

/// <summary><c>hbg top</c>: shows the state and the rates of a running gateway.</summary>
internal static class TopCommand
{
    private const string DefaultAddress = "localhost:8080";
    private const int ClientsOnTerminal = 5;
    private const int MaxClients = 100;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    public static Command Create(CliEnvironment environment)
    {
        var address = new Argument<string?>("gateway")
        {
            Description = $"The gateway's HTTP address: host, host:port, or a URL. Default: --gateway, else {GatewayAddress.Variable}, else {DefaultAddress}.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        DidYouMean.RefuseOptions(address);
        var interval = Duration.Option("--interval", "The time between two scrapes.", TimeSpan.FromSeconds(1));
        var once = new Option<bool>("--once") { Description = "Scrapes once and ends; shows no rates." };
        var count = new Option<int?>("--count") { Description = "Ends after this number of answers.", HelpName = "number" };
        var timeout = Duration.Option("--timeout", "The time limit for an answer.", TimeSpan.FromSeconds(5));
        var json = new Option<bool>("--json") { Description = "Writes one JSON object per line." };
        var clients = new Option<int?>("--clients")
        {
            Description = "Shows so many clients with the longest round-trip time, the most retransmits and the longest idle time, and so many latest disconnects, at most 100. "
                + $"Default: {ClientsOnTerminal} on a terminal, else 0. It needs a key of the HTTP API, or a gateway on this machine without keys.",
            HelpName = "number",
        };
        var api = new ApiOptionSet();
        var command = new Command(
            "top",
            "Shows the state of a running gateway: clients, heartbeats, bytes, closed connections, and the clients that stand out. "
            + "On a terminal it is a live table, elsewhere one line per interval.");
        command.Add(address);
        foreach (var option in (Option[])[interval, once, count, timeout, clients, json]) command.Add(option);
        api.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(interval) < Shortest) throw new CliException(ExitCode.Usage, "--interval must be at least 100ms.");
            if (parsed.GetValue(timeout) <= TimeSpan.Zero) throw new CliException(ExitCode.Usage, "--timeout must be above 0.");
            if (parsed.GetValue(count) is <= 0) throw new CliException(ExitCode.Usage, "--count must be 1 or more.");
            if (parsed.GetValue(address) is not null && api.HasGateway(parsed))
            {
                throw new CliException(ExitCode.Usage, "give the gateway either as an argument or with --gateway.");
            }

            var isLive = environment.IsOutputTerminal && !parsed.GetValue(once) && !parsed.GetValue(json);
            var shown = parsed.GetValue(clients) ?? (isLive ? ClientsOnTerminal : 0);
            if (shown is < 0 or > MaxClients) throw new CliException(ExitCode.Usage, $"--clients must be between 0 and {MaxClients}.");
            var metrics = MetricsPage.Complete(parsed.GetValue(address) ?? api.GivenGateway(parsed, environment) ?? DefaultAddress);
            var settings = api.Read(parsed, environment, parsed.GetValue(timeout), MetricsPage.GatewayOf(metrics));
            using var page = new MetricsPage(metrics, settings, environment);
            using var gateway = shown == 0 ? null : new GatewayApi(settings, environment);
            var reader = gateway is null ? null : new TopClientsReader(gateway, shown, environment.Time);
            var loop = new TopLoop(page, environment.Time, parsed.GetValue(interval), parsed.GetValue(once) ? 1 : parsed.GetValue(count), reader);
            if (parsed.GetValue(json)) await loop.RunAsync(new JsonTopView(environment), cancellation);
            else if (isLive) await RunLiveAsync(loop, page, environment, cancellation);
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
            .StartAsync(display => loop.RunAsync(new LiveTopView(display, page.Address, environment.OutputWidth), quit.Token));
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
