using System.Text.Json.Serialization.Metadata;
using HeartbeatGateway.Api.Disconnects;

namespace HeartbeatGateway.Cluster;

/// <summary>A verb with the JSON of its question and answer.</summary>
/// <typeparam name="TQuestion">The question.</typeparam>
/// <typeparam name="TAnswer">The answer.</typeparam>
/// <param name="Name">Its name.</param>
/// <param name="Question">How the question is written.</param>
/// <param name="Answer">How the answer is written.</param>
internal sealed record NodeVerb<TQuestion, TAnswer>(string Name, JsonTypeInfo<TQuestion> Question, JsonTypeInfo<TAnswer> Answer);

/// <summary>What the service of one node asks that of another.</summary>
internal static class NodeVerb
{
    /// <summary>Closes connections.</summary>
    public static NodeVerb<DisconnectBody, DisconnectResults> Close { get; } = new("close", NodeJson.Default.DisconnectBody, NodeJson.Default.DisconnectResults);

    /// <summary>Sends a message to all connected clients.</summary>
    public static NodeVerb<BroadcastQuestion, BroadcastAnswer> Broadcast { get; } = new("broadcast", NodeJson.Default.BroadcastQuestion, NodeJson.Default.BroadcastAnswer);

    /// <summary>Lists connections.</summary>
    public static NodeVerb<ListClientsQuestion, ListAnswer> ListClients { get; } = new("list_clients", NodeJson.Default.ListClientsQuestion, NodeJson.Default.ListAnswer);

    /// <summary>Shows a connection.</summary>
    public static NodeVerb<ShowClientQuestion, ShowClientAnswer> ShowClient { get; } = new("show_client", NodeJson.Default.ShowClientQuestion, NodeJson.Default.ShowClientAnswer);

    /// <summary>Lists ended connections.</summary>
    public static NodeVerb<ListDisconnectsQuestion, ListAnswer> ListDisconnects { get; } = new("list_disconnects", NodeJson.Default.ListDisconnectsQuestion, NodeJson.Default.ListAnswer);

    /// <summary>Lists the present clients.</summary>
    public static NodeVerb<ListPresenceQuestion, PresencePage> ListPresence { get; } = new("list_presence", NodeJson.Default.ListPresenceQuestion, NodeJson.Default.PresencePage);

    /// <summary>Asks for the node as a whole.</summary>
    public static NodeVerb<StatusQuestion, NodeStatus> Status { get; } = new("status", NodeJson.Default.StatusQuestion, NodeJson.Default.NodeStatus);
}
