using System.Text.Json;
using HeartbeatGateway.Deploy.Tests.Support;
using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Deploy.Tests.Release;

/// <summary>Compares the bills of materials with the dependencies of the programs.</summary>
public sealed class SbomTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-sbom-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_bill_of_materials_lists_each_shipped_package_with_its_version()
    {
        Tools.Package("@cyclonedx/cdxgen/bin/cdxgen.js");
        Assert.SkipWhen(await IsOldNodeAsync(), "SKIPPED: cdxgen needs Node 20");
        (await Command.RunAsync(Path.Combine(Repository.Root, ".ci/sbom"), [_folder])).Good();

        using var bill = Parse(Path.Combine(_folder, "HeartbeatGateway.cdx.json"));
        Assert.Equal("CycloneDX", bill.RootElement.GetProperty("bomFormat").GetString());
        var listed = bill.RootElement.GetProperty("components").EnumerateArray()
            .Select(c => $"{c.GetProperty("name").GetString()}/{c.GetProperty("version").GetString()}").ToHashSet(StringComparer.Ordinal);

        // The dependency file from which the runtime loads the program.
        using var dependencies = Parse(Path.ChangeExtension(Repository.GatewayDll, ".deps.json"));
        var shipped = dependencies.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(l => string.Equals(l.Value.GetProperty("type").GetString(), "package", StringComparison.Ordinal)).Select(l => l.Name).ToList();
        Assert.Contains(shipped, p => p.StartsWith("Serilog.AspNetCore/", StringComparison.Ordinal));
        Assert.Empty(shipped.Except(listed, StringComparer.Ordinal));

        using var tool = Parse(Path.Combine(_folder, "HeartbeatGateway.Cli.cdx.json"));
        Assert.Contains(tool.RootElement.GetProperty("components").EnumerateArray(), c => string.Equals(c.GetProperty("name").GetString(), "Spectre.Console", StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(_folder, "HeartbeatGateway.Client.cdx.json")));
    }

    private static JsonDocument Parse(string file) => JsonDocument.Parse(File.ReadAllText(file));

    private static async Task<bool> IsOldNodeAsync() =>
        int.Parse((await Command.RunAsync(Tools.Node(), ["--version"])).Good().TrimStart('v').Split('.')[0], System.Globalization.CultureInfo.InvariantCulture) < 20;
}
