using System.CommandLine;

namespace HeartbeatGateway.Cli.Api.Output;

/// <summary>How much of a list is shown.</summary>
internal sealed class LimitOptions
{
    private readonly Option<int> _limit;
    private readonly Option<bool> _all = new("--all") { Description = "Shows all, page after page; overrides --limit." };

    public LimitOptions(int @default) => _limit = new Option<int>("--limit", "-n")
    {
        Description = "The most that are shown.",
        HelpName = "number",
        DefaultValueFactory = _ => @default,
    };

    public void AddTo(Command command)
    {
        command.Add(_limit);
        command.Add(_all);
    }

    /// <summary>The limit; null for all.</summary>
    /// <exception cref="CliException">The limit is not positive.</exception>
    public int? Read(ParseResult parsed)
    {
        if (parsed.GetValue(_limit) <= 0) throw new CliException(ExitCode.Usage, "--limit must be 1 or more.");
        return parsed.GetValue(_all) ? null : parsed.GetValue(_limit);
    }
}
