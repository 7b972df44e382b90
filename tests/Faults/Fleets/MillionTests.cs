using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Faults.Tests.Fleets;

/// <summary>The run of a million clients (docs/one-million.md) with fewer and shorter, so that it works on the day on which it is wanted.</summary>
public sealed class MillionTests
{
    private static readonly string[] Command =
        [Repository.MillionDll, "--alone", "--clients", "20000", "--seconds", "12", "--silent", "0.05", "--Gateway:Draining:Duration=00:00:02"];

    [Theory]
    [InlineData("anonymous")]
    [InlineData("named")]
    public async Task Twenty_thousand_clients_in_memory_beat_and_some_fall_silent(string clients)
    {
        await using var run = new ChildProcess("dotnet", clients == "named" ? [.. Command, "--named"] : Command, new Dictionary<string, string?>(StringComparer.Ordinal));
        var exitCode = await run.ExitCodeAsync(TimeSpan.FromMinutes(2));
        var lines = string.Join('\n', run.Lines);
        TestContext.Current.TestOutputHelper?.WriteLine(lines);
        Assert.True(exitCode == 0, lines);
    }
}
