using System.CommandLine;

namespace HeartbeatGateway.Cli.Api.Events;

/// <summary>The event after which a stream begins.</summary>
internal sealed class SinceOption
{
    private readonly Option<string?> _since = new("--since") { Description = "The id of the last event that you know; --json shows ids. Default: begins now.", HelpName = "id" };

    public void AddTo(Command command) => command.Add(_since);

    /// <summary>The id; null without the option.</summary>
    /// <exception cref="CliException">It cannot be one.</exception>
    public string? Read(ParseResult parsed)
    {
        var since = parsed.GetValue(_since);
        return since is not null && since.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? throw new CliException(ExitCode.Usage, "--since must be the id of an event, such as a0c44f23176a88fb-18250.")
            : since;
    }
}
