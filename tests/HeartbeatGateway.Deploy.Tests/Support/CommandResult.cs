namespace HeartbeatGateway.Deploy.Tests.Support;

internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>What it wrote to standard output, of a run that must have gone well.</summary>
    public string Good()
    {
        Assert.True(ExitCode == 0, $"It ended with {ExitCode}:\n{Output}\n{Error}");
        return Output;
    }
}
