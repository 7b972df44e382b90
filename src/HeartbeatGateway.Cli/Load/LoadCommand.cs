using System.CommandLine;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Cli.Load;

/// <summary><c>hbg load</c>: runs many clients at once and reports the results.</summary>
internal sealed class LoadCommand
{
    private const int MaxClients = 1_000_000;
    private const int MaxMessageBytes = 1024 * 1024;

    private readonly ConnectionOptionSet _connection = new();
    private readonly LoadBounds _bounds = new();
    private readonly Option<int> _clients = new("--clients", "-n")
    {
        Description = "The number of clients.",
        HelpName = "number",
        DefaultValueFactory = _ => 100,
    };

    private readonly Option<double> _ramp = new("--ramp")
    {
        Description = "The number of clients started per second.",
        HelpName = "number",
        DefaultValueFactory = _ => 1000,
    };

    private readonly Option<TimeSpan> _duration = Duration.Option(
        "--duration", "How long the load continues after the last client is started.", TimeSpan.FromSeconds(30));

    private readonly Option<TimeSpan?> _every = Duration.Optional(
        "--message-every", "The interval at which each client sends a message, once all clients are started. Default: no messages.");

    private readonly Option<int> _bytes = new("--message-bytes")
    {
        Description = "The size of each message's content.",
        HelpName = "bytes",
        DefaultValueFactory = _ => 64,
    };

    private readonly Option<bool> _ack = new("--ack")
    {
        Description = "The gateway is to acknowledge messages; they are sent again after a reconnect until it has. The report counts what was acknowledged and lost.",
    };

    private readonly Option<string> _prefix = new("--client-id-prefix")
    {
        Description = "Client ids are this prefix and a number.",
        HelpName = "text",
        DefaultValueFactory = _ => "load-",
    };

    private readonly Option<bool> _anonymous = new("--anonymous") { Description = "The clients have no ids and send no hello." };
    private readonly Option<int?> _sources = new("--sources")
    {
        Description = "The number of source addresses in 127.0.0.0/8, from 127.1.0.1 upwards; only for a gateway on this machine. "
            + $"Default: as many as the ports require, one per {SourceAddress.ClientsPerAddress} clients.",
        HelpName = "number",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Writes the report as JSON." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Writes no progress." };

    public static Command Create(CliEnvironment environment)
    {
        var load = new LoadCommand();
        var command = new Command(
            "load",
            "Connects many clients, keeps them connected, and reports connect rate, round-trip times, losses and reconnects. "
            + "The report goes to standard output, progress to standard error; Ctrl+C ends the run early, with a report.");
        Option[] options =
            [load._clients, load._ramp, load._duration, load._every, load._bytes, load._ack, load._prefix, load._anonymous, load._sources, load._json, load._quiet];
        foreach (var option in options) command.Add(option);
        load._bounds.AddTo(command);
        load._connection.AddTo(command);
        command.SetAction(async (parsed, cancellation) => (int)await load.RunAsync(parsed, environment, cancellation));
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CliEnvironment environment, CancellationToken cancellation)
    {
        var isAcknowledged = parsed.GetValue(_ack);
        var options = await _connection.ReadAsync(parsed, environment) with
        {
            InitialJitter = TimeSpan.Zero,
            Acknowledgements = isAcknowledged,
            SendQueueFullMode = SendQueueFull.Reject,
        };
        var plan = Plan(parsed, options);
        ConnectionOptionSet.Check(_connection.ForClient(parsed, options, plan.ClientIdPrefix is null ? null : $"{plan.ClientIdPrefix}{plan.Clients}"));

        var statistics = new LoadStatistics(environment.Time);
        var runner = new LoadRunner(plan, options, statistics, environment.Time);
        var run = runner.RunAsync(cancellation);
        if (!parsed.GetValue(_quiet)) await LoadProgress.ShowAsync(run, statistics, plan.Clients, runner.Length, environment);
        var wasFinished = await run;
        var report = LoadReport.Of(plan, statistics, wasFinished, PeakMemory());
        await runner.StopAsync();
        if (isAcknowledged) report = report with { Delivery = runner.Delivery() };
        report = report with { Bounds = _bounds.Evaluate(parsed, report) };

        if (parsed.GetValue(_json)) await Json.WritePageAsync(environment.Out, report);
        else await LoadReportText.WriteAsync(environment.Out, report);
        if (report.Bounds.Any(b => !b.Met)) return ExitCode.BoundMissed;
        if (report.Connected == 0) throw new CliException(ExitCode.NoGateway, $"no client connected to {string.Join(", ", options.Endpoints)}.");
        return wasFinished ? ExitCode.Success : ExitCode.Interrupted;
    }

    private LoadPlan Plan(ParseResult parsed, GatewayClientOptions options)
    {
        var clients = Within(_clients.Name, parsed.GetValue(_clients), 1, MaxClients);
        if (DescriptorLimit.MaxClients() is { } limit && clients > limit)
        {
            throw new CliException(
                ExitCode.Usage,
                $"--clients is {clients}, but this process can open only about {limit} sockets; raise the limit (ulimit -n), or run several processes.");
        }

        if (parsed.GetValue(_ramp) is not (> 0 and <= MaxClients))
        {
            throw new CliException(ExitCode.Usage, $"--ramp must be above 0 and at most {MaxClients}.");
        }

        if (parsed.GetValue(_every) is { } every && every < TimeSpan.FromMilliseconds(1))
        {
            throw new CliException(ExitCode.Usage, "--message-every must be at least 1ms.");
        }

        var isAnonymous = parsed.GetValue(_anonymous);
        var prefix = parsed.GetRequiredValue(_prefix);
        if (!isAnonymous && !ClientId.IsValid($"{prefix}{clients}"))
        {
            throw new CliException(
                ExitCode.Usage, $"--client-id-prefix is '{prefix}', but an id has at most {ClientId.MaxLength} characters of A-Z a-z 0-9 . _ : -");
        }

        return new LoadPlan
        {
            Clients = clients,
            Ramp = parsed.GetValue(_ramp),
            Duration = parsed.GetValue(_duration),
            MessageEvery = parsed.GetValue(_every),
            MessageBytes = Within(_bytes.Name, parsed.GetValue(_bytes), 0, MaxMessageBytes),
            ClientIdPrefix = isAnonymous ? null : prefix,
            PerClient = _connection.IsPerClient(parsed),
            Sources = Sources(parsed, options, clients),
        };
    }

    /// <summary>
    /// The number of source addresses. Null when one address is enough: the system then chooses it, which also works where only
    /// 127.0.0.1 exists.
    /// </summary>
    private int? Sources(ParseResult parsed, GatewayClientOptions options, int clients)
    {
        var canChoose = options.Endpoints.All(SourceAddress.CanReach);
        if (parsed.GetValue(_sources) is { } sources)
        {
            if (!canChoose)
            {
                throw new CliException(
                    ExitCode.Usage, "--sources: addresses of 127.0.0.0/8 can reach only a gateway on this machine (localhost, 127.0.0.1).");
            }

            return Within(_sources.Name, sources, 1, SourceAddress.Max);
        }

        var needed = SourceAddress.Needed(clients);
        return canChoose && needed > 1 ? needed : null;
    }

    private static int Within(string name, int value, int min, int max) =>
        value >= min && value <= max ? value : throw new CliException(ExitCode.Usage, $"{name} is {value}, but must be from {min} to {max}.");

    private static long PeakMemory()
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }
}
