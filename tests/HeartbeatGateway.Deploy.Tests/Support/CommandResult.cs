namespace HeartbeatGateway.Deploy.Tests.Support;

internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>Asserts that the exit code is 0.</summary>
    /// <returns>The standard output.</returns>
    public string Good()
    {
        Assert.True(ExitCode == 0, $"The command exited with {ExitCode}:\n{Output}\n{Error}");
        return Output;
    }
}
