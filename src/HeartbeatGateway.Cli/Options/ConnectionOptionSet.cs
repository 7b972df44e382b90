using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Options;

/// <summary>The options for the connection to a gateway; <c>connect</c> and <c>load</c> share them.</summary>
internal sealed class ConnectionOptionSet
{
    private const string DefaultEndpoint = "localhost:8081";

    private static readonly TimeSpan ShortestDeadAfter = TimeSpan.FromSeconds(10);

    private readonly TokenOptionSet _tokens = new();
    private readonly TlsOptionSet _tls = new();
    private readonly Option<string[]> _endpoints = new("--endpoint", "-e")
    {
        Description = "The gateway's client endpoint. Repeatable: each attempt tries all endpoints in random order.",
        HelpName = "host:port",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [DefaultEndpoint],
    };

    private readonly Option<TimeSpan> _heartbeat = Duration.Option(
        "--heartbeat",
        "The client sends a ping when nothing was written, or nothing was read, for this time. With a client id, the gateway can grant another interval.",
        TimeSpan.FromSeconds(5));

    private readonly Option<TimeSpan?> _deadAfter = Duration.Optional(
        "--dead-after", "The client treats the gateway as dead after this time without a received byte. Default: two heartbeats, at least 10s.");

    private readonly Option<TimeSpan> _timeout = Duration.Option(
        "--connect-timeout", "The time limit for one address, including the TLS handshake.", TimeSpan.FromSeconds(10));

    private readonly Option<bool> _perClient = new("--per-client")
    {
        Description = "The secret is the master of a key with PerClient=true: each client signs with what is derived from it for its id (hbg token derive).",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_endpoints, _heartbeat, _deadAfter, _timeout, _perClient]) command.Add(option);
        _tls.AddTo(command);
        _tokens.AddTo(command);
    }

    /// <summary>Reads the options of a client.</summary>
    /// <exception cref="CliException">An option has an invalid value; the message names the option.</exception>
    public async Task<GatewayClientOptions> ReadAsync(ParseResult parsed, CliEnvironment environment)
    {
        ImmutableArray<EndPoint> endpoints = [.. parsed.GetRequiredValue(_endpoints).Select(text => Endpoints.Parse(_endpoints.Name, text))];
        var heartbeat = parsed.GetValue(_heartbeat);
        var deadAfter = parsed.GetValue(_deadAfter) ?? (heartbeat * 2 > ShortestDeadAfter ? heartbeat * 2 : ShortestDeadAfter);
        var tls = _tls.Read(parsed);
        var tokens = await _tokens.ReadAsync(parsed, environment);
        if (IsPerClient(parsed) && tokens.Keyring.Scheme != TokenScheme.HmacSha256) throw new CliException(ExitCode.Usage, "--per-client: only hmac-sha256 has secrets that are derived for each client.");
        return new GatewayClientOptions
        {
            Endpoints = endpoints,
            Tokens = tokens.Keyring,
            NameKey = tokens.NameKey,
            Library = HbgLibrary.Text,
            Heartbeat = heartbeat,
            ServerTimeout = deadAfter,
            ConnectTimeout = parsed.GetValue(_timeout),
            Tls = tls,
        };
    }

    /// <summary>The options of one client. With <c>--per-client</c> its secret is derived.</summary>
    /// <exception cref="CliException">The client has no id, and its secret is to be derived.</exception>
    public GatewayClientOptions ForClient(ParseResult parsed, GatewayClientOptions options, string? clientId) =>
        IsPerClient(parsed) ? ClientSecret.For(options, clientId) : options with { ClientId = clientId };

    /// <summary>Each client has a secret of its own.</summary>
    public bool IsPerClient(ParseResult parsed) => parsed.GetValue(_perClient);

    /// <summary>Reports an invalid option that the client library finds as a usage error.</summary>
    public static void Check(GatewayClientOptions options)
    {
        try
        {
            options.Validate();
        }
        catch (GatewayClientOptionsException e)
        {
            throw new CliException(ExitCode.Usage, $"{OptionOf(e.PropertyName)}: {e.Message}", e);
        }
    }

    /// <summary>The option that sets a property of the client library.</summary>
    private static string OptionOf(string property) => property switch
    {
        nameof(GatewayClientOptions.ClientId) => "--client-id",
        nameof(GatewayClientOptions.Acknowledgements) => "--ack",
        nameof(GatewayClientOptions.Endpoints) => "--endpoint",
        nameof(GatewayClientOptions.Heartbeat) => "--heartbeat",
        nameof(GatewayClientOptions.ServerTimeout) => "--dead-after",
        nameof(GatewayClientOptions.ConnectTimeout) => "--connect-timeout",
        _ when property.StartsWith(nameof(GatewayClientOptions.Tls), StringComparison.Ordinal) => "--tls",
        _ => "options",
    };
}
