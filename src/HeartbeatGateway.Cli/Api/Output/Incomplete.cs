using System.Text.Json;

namespace HeartbeatGateway.Cli.Api.Output;

/// <summary>What an answer of a cluster leaves out: nodes that did not answer.</summary>
internal static class Incomplete
{
    /// <summary>Stands for nodes that are not known while Redis cannot be reached.</summary>
    private const string Unknown = "*";

    /// <summary>The names in an answer; empty when it is complete, and without a cluster.</summary>
    public static IEnumerable<string> Of(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("incomplete", out var names) && names.ValueKind == JsonValueKind.Array
            ? names.EnumerateArray().Where(n => n.ValueKind == JsonValueKind.String).Select(n => n.GetString()!)
            : [];

    /// <summary>What is missing, in words; null when nothing is.</summary>
    /// <param name="names">The names from answers.</param>
    /// <param name="consequence">What that means, such as "their clients are missing".</param>
    public static string? Describe(IReadOnlyCollection<string> names, string consequence)
    {
        if (names.Count == 0) return null;
        string[] known = [.. names.Where(n => n != Unknown)];
        var silent = known.Length == 0 ? "" : $"{(known.Length == 1 ? "the node" : "the nodes")} {string.Join(", ", known.Select(Facts.Text))} did not answer";
        var unknown = names.Contains(Unknown, StringComparer.Ordinal) ? "the gateway cannot reach Redis, so there may be other nodes" : "";
        return $"incomplete: {silent}{(silent.Length > 0 && unknown.Length > 0 ? ", and " : "")}{unknown}; {consequence}.";
    }
}
