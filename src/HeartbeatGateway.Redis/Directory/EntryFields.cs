using System.Text.Json;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Parts of an entry's JSON that a node makes, since scripts cannot escape all texts.</summary>
internal static class EntryFields
{
    /// <summary>The node and the connection.</summary>
    public static string Required(NodeIdentity node, string connectionId) => $"\"n\":{node.NameJson},\"c\":{Text(connectionId)}";

    /// <summary>Instance and attempt, as far as they are known; begins with a comma unless empty.</summary>
    public static string Optional(string? instance, long attempt) =>
        (string.IsNullOrEmpty(instance) ? "" : $",\"i\":{Text(instance)}") + (attempt < 0 ? "" : $",\"a\":{attempt}");

    private static string Text(string text) => JsonSerializer.Serialize(text, NodeJson.Default.String);
}
