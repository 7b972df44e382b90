namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>The secrets that settings hold are in no output of the program: not of a check of the configuration, and not in the log at its most verbose level.</summary>
public sealed class SecretSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-secrets-").FullName;
    private readonly List<string> _canaries = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task No_secret_is_in_the_output_of_a_check_of_the_configuration_or_of_a_run()
    {
        using var program = new ProgramCopy();
        await File.WriteAllTextAsync(program.ProductionSettings, $$"""
            {
              "Gateway": {
                "Admin": { "Keys": [ { "Id": "file", "Key": "{{Canary("json-admin")}}", "Scope": "Admin" }, { "Id": "mounted", "KeyFile": "{{WriteFile("admin-file")}}" } ] },
                "Tokens": { "Digest": { "Recipe": "{content}{secret}{{Canary("recipe")}}" } }
              }
            }
            """, TestContext.Current.CancellationToken);
        (string Name, string? Value)[] variables =
        [
            ("Gateway__Tokens__Keys__1__Id", "k2"), ("Gateway__Tokens__Keys__1__Secret", Canary("variable-token")),
            ("Gateway__Tokens__Keys__2__Id", "k3"), ("Gateway__Tokens__Keys__2__SecretFile", WriteFile("token-file")),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{Canary("user")}:{Canary("password")}@127.0.0.1:9/?token={Canary("query")}"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_EXPORTER_OTLP_HEADERS", $"authorization={Canary("header")}"),
            ("OTEL_RESOURCE_ATTRIBUTES", $"key={Canary("attribute")}"), ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
            ("Serilog__MinimumLevel__Default", "Verbose"), ("Serilog__MinimumLevel__Override__Microsoft", "Verbose"), ("Serilog__MinimumLevel__Override__System", "Verbose"),
        ];

        var environment = GatewayProcess.Environment(GatewayProcess.FreePort(), GatewayProcess.FreePort(), variables);
        await using (var check = new ChildProcess("dotnet", [program.Dll, "--check-config"], environment))
        {
            Assert.Equal(0, await check.ExitCodeAsync());
            Assert.Equal("The configuration can be used.", check.Lines[^1]);
            AssertNone(check.Lines);
        }

        await using var gateway = await GatewayProcess.StartAsync(new GatewayLaunch { Command = ["dotnet", program.Dll] }, variables);
        using (var client = await SocketClient.ConnectAsync(gateway.TcpPort))
        {
            await client.PingAsync();
        }

        await gateway.SawAsync("CollectorUnreachable");
        AssertNone((await gateway.ScrapeAsync()).Split('\n'));
        gateway.Signal("HUP");
        await gateway.SawAsync("ConfigurationUnchanged");
        gateway.Signal("TERM");
        Assert.Equal(0, await gateway.ExitCodeAsync());
        AssertNone(gateway.Lines);

        // An error about one setting does not show another.
        await using var refused = new ChildProcess("dotnet", [program.Dll], new Dictionary<string, string?>(environment, StringComparer.Ordinal) { ["Gateway__Frames__Resync"] = "Loose" });
        Assert.Equal(1, await refused.ExitCodeAsync());
        AssertNone(refused.Lines);
    }

    private string Canary(string name)
    {
        var canary = $"canary-{name}-{Guid.NewGuid():N}";
        _canaries.Add(canary);
        return canary;
    }

    private string WriteFile(string name)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, Canary(name));
        return path;
    }

    private void AssertNone(IEnumerable<string> lines) =>
        Assert.All(lines, line => Assert.All(_canaries, canary => Assert.False(line.Contains(canary, StringComparison.Ordinal), $"This line contains {canary}: {line}")));
}
