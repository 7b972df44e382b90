using System.CommandLine;
using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Proxy;

/// <summary><c>hbg proxy</c>: stands between devices and a gateway and explains each frame that passes.</summary>
internal sealed class ProxyCommand
{
    private const int MostConnections = 10_000;

    private readonly TokenOptionSet _tokens = new();
    private readonly Option<string> _listen = new("--listen", "-l")
    {
        Description = "Where devices connect: an address of this machine and a port, or a port alone for loopback; port 0 is any free port.",
        HelpName = "host:port",
        DefaultValueFactory = _ => "127.0.0.1:9081",
    };

    private readonly Option<string> _target = new("--target", "-t")
    {
        Description = "The gateway's client endpoint.",
        HelpName = "host:port",
        DefaultValueFactory = _ => "localhost:8081",
    };

    private readonly Option<int> _maxConnections = new("--max-connections")
    {
        Description = "The most connections at a time; further ones are reset.",
        HelpName = "number",
        DefaultValueFactory = _ => 100,
    };

    private readonly Option<int> _maxContent = ExplainOptions.MaxContentOption();
    private readonly Option<bool> _json = new("--json") { Description = "Writes one JSON object per line." };

    public static Command Create(CliEnvironment environment)
    {
        var proxy = new ProxyCommand();
        var command = new Command(
            "proxy",
            "Stands between devices and a gateway: forwards every byte in both directions, and explains each frame that passes. "
            + "With a secret it also verifies the tokens.");
        foreach (var option in (Option[])[proxy._listen, proxy._target, proxy._maxConnections, proxy._maxContent, proxy._json]) command.Add(option);
        proxy._tokens.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await RunAsync(proxy.Read(parsed, environment), parsed.GetValue(proxy._json), environment, cancellation);
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task RunAsync(ProxySettings settings, bool isJson, CliEnvironment environment, CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var output = new ProxyOutput(environment.Out, isJson ? ProxyJsonView.Dropped : ProxyTextView.Dropped);
        IProxyView view = isJson ? new ProxyJsonView(output, environment.Time) : new ProxyTextView(output, environment.Time);
        var writing = output.RunAsync();
        var serving = new ProxyServer(settings, view, environment.Time).RunAsync(stopping.Token);
        // The output fails when the process that reads it has closed the pipe.
        await Task.WhenAny(writing, serving);
        await stopping.CancelAsync();
        try
        {
            await serving;
        }
        finally
        {
            output.Complete();
            await writing;
        }
    }

    private ProxySettings Read(ParseResult parsed, CliEnvironment environment)
    {
        var connections = parsed.GetValue(_maxConnections);
        if (connections is < 1 or > MostConnections) throw new CliException(ExitCode.Usage, $"{_maxConnections.Name} must be from 1 to {MostConnections}.");
        return new ProxySettings
        {
            Listen = Endpoints.ParseLocal(_listen.Name, parsed.GetRequiredValue(_listen)),
            Target = Endpoints.Parse(_target.Name, parsed.GetRequiredValue(_target)),
            MaxConnections = connections,
            Frames = new ExplainSettings
            {
                Tokens = _tokens.ReadIfGiven(parsed, environment),
                TimeZone = _tokens.TimeZone(parsed),
                Now = 0,
                MaxContentBytes = ExplainOptions.MaxContent(parsed, _maxContent),
            },
        };
    }
}
