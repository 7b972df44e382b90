using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Faults.Tests.Fleets;

/// <summary>
/// The run of docs/one-million.md with fewer clients and for a shorter time, so that CI keeps it working. It requires that nothing else delays its driver,
/// so that no other test runs beside it (Lane=alone).
/// </summary>
[Trait("Lane", "alone")]
public sealed class MillionTests
{
    private static readonly string[] Command =
        [Repository.MillionDll, "--alone", "--clients", "20000", "--seconds", "12", "--silent", "0.05", "--Gateway:Draining:Duration=00:00:02"];

    [Theory]
    [InlineData("anonymous")]
    [InlineData("named")]
    public async Task Meets_the_pass_condition_with_twenty_thousand_clients_in_memory(string clients)
    {
        var command = clients == "named" ? [.. Command, "--named"] : Command;
        await using var run = new ChildProcess("dotnet", command, new Dictionary<string, string?>(StringComparer.Ordinal));
        var exitCode = await run.ExitCodeAsync(TimeSpan.FromMinutes(2));
        var lines = string.Join('\n', run.Lines);
        TestContext.Current.TestOutputHelper?.WriteLine(lines);
        Assert.True(exitCode == 0, lines);
    }
}
