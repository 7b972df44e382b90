using System.Xml.Linq;
using HeartbeatGateway.Deploy.Tests.Support;
using HeartbeatGateway.EndToEnd.Tests;
using k8s;

namespace HeartbeatGateway.Deploy.Tests.Release;

/// <summary>The version is defined in Directory.Build.props; files that cannot read it must contain the same value.</summary>
public sealed class VersionTests
{
    private static readonly string Version =
        XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props")).Descendants("VersionPrefix").Single().Value;

    [Fact]
    public void The_chart_has_the_version()
    {
        var chart = KubernetesYaml.Deserialize<Dictionary<string, object>>(File.ReadAllText(Path.Combine(Repository.Root, "deploy/helm/heartbeat-gateway/Chart.yaml")));
        Assert.Equal((Version, Version), ($"{chart["version"]}", $"{chart["appVersion"]}"));
    }

    [Fact]
    public void The_image_label_has_the_version()
    {
        var dockerfile = File.ReadAllLines(Path.Combine(Repository.Root, "Dockerfile"));
        Assert.Contains($"ARG VERSION={Version}", dockerfile);
        Assert.Contains(dockerfile, l => l.Contains("org.opencontainers.image.version=\"$VERSION\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("HeartbeatGateway")]
    [InlineData("HeartbeatGateway.Protocol")]
    [InlineData("HeartbeatGateway.Client")]
    [InlineData("HeartbeatGateway.Cli")]
    public async Task Each_released_project_has_the_version(string project) =>
        Assert.Equal(Version, (await Command.RunAsync("dotnet", ["msbuild", Path.Combine(Repository.Root, "src", project), "-getProperty:Version"])).Good().Trim());

    [Fact]
    public void The_changelog_has_an_unreleased_section() =>
        Assert.Contains("## [Unreleased]", File.ReadAllLines(Path.Combine(Repository.Root, "CHANGELOG.md")));
}
