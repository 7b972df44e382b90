using HeartbeatGateway.Deploy.Tests.Support;
using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Deploy.Tests.Helm;

/// <summary>Runs helm on the chart.</summary>
internal static class HelmChart
{
    public const string Release = "fleet";

    public static string Folder { get; } = Path.Combine(Repository.Root, "deploy/helm/heartbeat-gateway");

    /// <summary>The path of a value set in the folder <c>ci</c> of the chart.</summary>
    public static string Values(string set) => Path.Combine(Folder, "ci", $"{set}-values.yaml");

    public static Task<CommandResult> LintAsync(string set) => Command.RunAsync(Tools.Helm(), ["lint", "--strict", "--values", Values(set), Folder]);

    public static Task<CommandResult> TemplateAsync(string set, params string[] arguments) => TemplateNamedAsync(Release, set, arguments);

    public static Task<CommandResult> TemplateNamedAsync(string release, string set, params string[] arguments) =>
        Command.RunAsync(Tools.Helm(), ["template", release, Folder, "--namespace", "devices", "--values", Values(set), .. arguments]);

    public static async Task<Manifest> RenderAsync(string set, params string[] arguments) => Manifest.Parse((await TemplateAsync(set, arguments)).Good());
}
