using System.CommandLine;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>The options that <c>decode</c> and <c>explain</c> share.</summary>
internal sealed class ExplainOptions
{
    // Content and header must fit into one array.
    private const int LargestContent = 1024 * 1024 * 1024;

    private readonly FrameInput _input = new();
    private readonly TokenOptionSet _tokens = new();
    private readonly Option<string> _direction = FrameFieldOptions.DirectionOption(isOptional: true);
    private readonly Option<string?> _at = DateText.Option(
        "--at", "When the frames were sent. The age of their dates is then checked; without this option it is only shown.");

    private readonly Option<int> _max = MaxContentOption();

    private readonly Option<bool> _json = new("--json") { Description = "Writes JSON, one object per frame." };

    /// <summary>An option for the largest accepted content.</summary>
    public static Option<int> MaxContentOption() => new("--max-content")
    {
        Description = "The largest accepted content, in bytes.",
        HelpName = "bytes",
        DefaultValueFactory = _ => 65_536,
    };

    /// <summary>The value of that option.</summary>
    /// <exception cref="CliException">The value is out of range.</exception>
    public static int MaxContent(ParseResult parsed, Option<int> option)
    {
        var max = parsed.GetValue(option);
        return max is >= 0 and <= LargestContent
            ? max
            : throw new CliException(ExitCode.Usage, $"{option.Name} is {max}, but must be from 0 to {LargestContent}.");
    }

    public void AddTo(Command command)
    {
        _input.AddTo(command);
        foreach (var option in (Option[])[_direction, _at, _max, _json]) command.Add(option);
        _tokens.AddTo(command);
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    public Task<byte[]> InputAsync(ParseResult parsed, CliEnvironment environment, CancellationToken cancellation) =>
        _input.ReadAsync(parsed, environment, cancellation);

    public ExplainSettings Settings(ParseResult parsed, CliEnvironment environment)
    {
        var zone = _tokens.TimeZone(parsed);
        var at = parsed.GetValue(_at);
        return new ExplainSettings
        {
            Tokens = _tokens.ReadIfGiven(parsed, environment),
            Reader = FrameFieldOptions.Reader(parsed.GetRequiredValue(_direction)),
            TimeZone = zone,
            Now = at is null ? environment.Time.GetUtcNow().ToUnixTimeSeconds() : DateText.Read("--at", at, zone),
            EnforceAge = at is not null,
            MaxContentBytes = MaxContent(parsed, _max),
        };
    }
}
