using System.CommandLine;

namespace HeartbeatGateway.Cli.Api.Output;

/// <summary>The option that restricts a command to one node of a cluster.</summary>
internal static class NodeOption
{
    public static Option<string?> Create(string description = "In a cluster: only this node, by its name or epoch.") => new("--node") { Description = description, HelpName = "name" };
}
