using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Options;

/// <summary>The options that say where a gateway is and how to speak to it; <c>connect</c> and <c>load</c> share them.</summary>
internal sealed class ConnectionOptionSet
{
    private const string DefaultEndpoint = "localhost:8081";

    private static readonly TimeSpan ShortestDeadAfter = TimeSpan.FromSeconds(10);

    private readonly TokenOptionSet _tokens = new();
    private readonly TlsOptionSet _tls = new();
    private readonly Option<string[]> _endpoints = new("--endpoint", "-e")
    {
        Description = "Where clients connect. Repeatable: each attempt tries all of them in random order.",
        HelpName = "host:port",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [DefaultEndpoint],
    };

    private readonly Option<TimeSpan> _heartbeat = Duration.Option("--heartbeat", "A ping is sent after so long a silence; with a client id the gateway may grant another interval.", TimeSpan.FromSeconds(5));
    private readonly Option<TimeSpan?> _deadAfter = Duration.Optional("--dead-after", "The gateway is taken for dead after so long without a byte. Default: two heartbeats, at least 10s.");
    private readonly Option<TimeSpan> _timeout = Duration.Option("--connect-timeout", "How long connecting to one address may take, TLS included.", TimeSpan.FromSeconds(10));

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_endpoints, _heartbeat, _deadAfter, _timeout]) command.Add(option);
        _tls.AddTo(command);
        _tokens.AddTo(command);
    }

    /// <summary>What a client is told.</summary>
    /// <exception cref="CliException">An option is wrong; the message names it.</exception>
    public async Task<GatewayClientOptions> ReadAsync(ParseResult parsed, CliEnvironment surroundings)
    {
        ImmutableArray<EndPoint> endpoints = [.. parsed.GetRequiredValue(_endpoints).Select(Endpoint)];
        var heartbeat = parsed.GetValue(_heartbeat);
        var deadAfter = parsed.GetValue(_deadAfter) ?? (heartbeat * 2 > ShortestDeadAfter ? heartbeat * 2 : ShortestDeadAfter);
        var tls = _tls.Read(parsed);
        var tokens = await _tokens.ReadAsync(parsed, surroundings);
        return new GatewayClientOptions
        {
            Endpoints = endpoints,
            Tokens = tokens.Keyring,
            NameKey = tokens.NameKey,
            Heartbeat = heartbeat,
            ServerTimeout = deadAfter,
            ConnectTimeout = parsed.GetValue(_timeout),
            Tls = tls,
        };
    }

    /// <summary>Says what the client library says of an option, as a usage error.</summary>
    public static void Check(GatewayClientOptions options)
    {
        try
        {
            options.Validate();
        }
        catch (GatewayClientOptionsException e)
        {
            throw new CliException(ExitCode.Usage, e.Message, e);
        }
    }

    private static EndPoint Endpoint(string text)
    {
        try
        {
            return GatewayClientOptions.ParseEndpoint(text);
        }
        catch (GatewayClientOptionsException e)
        {
            throw new CliException(ExitCode.Usage, $"--endpoint: {e.Message}", e);
        }
    }
}
