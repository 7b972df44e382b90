using System.Collections.Immutable;
using System.CommandLine;
using HeartbeatGateway.Cli.Api.Access;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api;

/// <summary>A command that calls the HTTP API: it has the options of <see cref="ApiOptionSet"/>, <c>--json</c>, and examples in its help.</summary>
internal sealed class ApiCommand : Command, IHasExamples
{
    public const string OneDocument = "Writes the gateway's answer as one JSON document.";
    public const string Lines = "Writes one JSON object per line, as the gateway gives them.";

    private readonly ApiOptionSet _options = new();
    private readonly Option<TimeSpan> _timeout = Duration.Option("--timeout", "The time limit for an answer.", TimeSpan.FromSeconds(10));
    private readonly Option<bool> _json;

    /// <param name="name">The command.</param>
    /// <param name="description">What it does.</param>
    /// <param name="json">What <c>--json</c> writes.</param>
    /// <param name="examples">Command lines for the help.</param>
    public ApiCommand(string name, string description, string json, params ImmutableArray<string> examples)
        : base(name, description)
    {
        Examples = examples;
        _json = new Option<bool>("--json") { Description = json };
    }

    public ImmutableArray<string> Examples { get; }

    public void AddAll(params ReadOnlySpan<Option> options)
    {
        foreach (var option in options) Add(option);
    }

    /// <summary>Adds the common options, and sets what the command does.</summary>
    public ApiCommand Runs(CliEnvironment environment, Func<ApiRun, Task<ExitCode>> action)
    {
        Add(_json);
        _options.AddTo(this);
        Add(_timeout);
        SetAction(async (parsed, cancellation) =>
        {
            using var api = new GatewayApi(_options.Read(parsed, environment, parsed.GetValue(_timeout)), environment);
            return (int)await action(new ApiRun(parsed, api, environment, parsed.GetValue(_json), cancellation));
        });
        return this;
    }
}

/// <summary>One run of an <see cref="ApiCommand"/>.</summary>
/// <param name="Parsed">The command line.</param>
/// <param name="Api">The gateway.</param>
/// <param name="Environment">Streams and clock.</param>
/// <param name="IsJson">The output is JSON.</param>
/// <param name="Cancellation">Ends the command.</param>
internal sealed record ApiRun(ParseResult Parsed, GatewayApi Api, CliEnvironment Environment, bool IsJson, CancellationToken Cancellation)
{
    public DateTimeOffset Now => Environment.Time.GetUtcNow();

    public Task WriteAsync(string line) => Environment.Out.WriteLineAsync(line);

    /// <summary>Writes a remark that is not part of the result.</summary>
    public Task NoteAsync(string text) => Environment.Error.WriteLineAsync($"{Hbg.Name}: {Printable.From(text)}");
}
