using HeartbeatGateway.Cli.Connect;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Output;

/// <summary>Asks before a change, when a person is there to answer.</summary>
internal static class Confirmation
{
    /// <summary>True when the command can ask: input and errors are a terminal.</summary>
    public static bool CanAsk(CliEnvironment environment) => environment is { IsInputTerminal: true, IsErrorTerminal: true };

    /// <summary>Asks; every answer except <c>y</c> and <c>yes</c> declines.</summary>
    /// <exception cref="CliException">The answer declines.</exception>
    public static async Task AskAsync(ApiRun run, string question)
    {
        await run.Environment.Error.WriteAsync($"{Printable.From(question)} [y/N] ");
        using var lines = new StreamLines(run.Environment.Input);
        var answer = await lines.ReadAsync(run.Cancellation);
        if (answer?.Trim().ToUpperInvariant() is "Y" or "YES") return;
        throw new CliException(ExitCode.Interrupted, "nothing was changed.");
    }
}
