using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>A settings file that cannot be used is named with its line, and is visible in metrics and /healthz until it can be used.</summary>
public sealed class RefusedSettingsTests
{
    private const string Successful = "heartbeatgateway_config_last_reload_successful";

    [Theory]
    [InlineData("{\n  \"Gateway\": {\n    \"Frames\": ]\n", "is not valid JSON: line 3")]
    [InlineData("{\n  \"Gateway\": {\n    \"Frames\": { \"Resync\": \"Loose\" } } }", "line 3.")]
    public async Task A_refused_file_is_shown_until_it_is_repaired(string broken, string line)
    {
        using var program = new MountedProgram();
        program.Mount("{}");
        await using var gateway = await GatewayProcess.StartAsync(new GatewayLaunch { Command = ["dotnet", program.Dll] });
        Assert.Equal(1, await gateway.MetricAsync(Successful));

        program.Mount(broken);
        await gateway.ReachesAsync(Successful, 0);
        await gateway.SawAsync("ConfigurationRefused");
        Assert.Contains(gateway.Lines, l => l.Contains("appsettings.Production.json", StringComparison.Ordinal) && l.Contains(line, StringComparison.Ordinal));
        var health = await gateway.Http.GetStringAsync("/healthz", TestContext.Current.CancellationToken);
        Assert.Contains("the last change was refused: ", health, StringComparison.Ordinal);
        Assert.DoesNotContain("Loose", health, StringComparison.Ordinal);

        program.Mount("{ }");
        await gateway.ReachesAsync(Successful, 1);
        Assert.Contains("\"in force since ", await gateway.Http.GetStringAsync("/healthz", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
