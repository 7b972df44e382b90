using System.Text.Json;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Api.Disconnects;
using HeartbeatGateway.Api.Messages;
using HeartbeatGateway.Api.Nodes;
using HeartbeatGateway.Api.Presence;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Cluster;

/// <summary>Answers the questions of other nodes, with what this node's API does for its own clients. The node that was asked by a caller keeps the audit.</summary>
internal sealed class NodeService(
    ICluster cluster, ClientLists clients, PresencePages presence, ClientViews views, DisconnectLists disconnects, Disconnector disconnector, BroadcastEndpoints messages, NodeFigures figures)
{
    /// <summary>Tells the cluster how each verb is answered. Called before the engine starts.</summary>
    public void Register()
    {
        Answer(NodeVerb.ListClients, clients.ListHereAsync);
        Answer(NodeVerb.ListPresence, presence.ListHereAsync);
        Answer(NodeVerb.ShowClient, views.ShowHereAsync);
        Answer(NodeVerb.ListDisconnects, disconnects.ListHereAsync);
        Answer(NodeVerb.Close, disconnector.CloseAsync);
        Answer(NodeVerb.Broadcast, (question, _) => Task.FromResult(messages.SendHere(question)));
        Answer(NodeVerb.Status, (_, _) => Task.FromResult(figures.Here()));
    }

    private void Answer<TQuestion, TAnswer>(NodeVerb<TQuestion, TAnswer> verb, Func<TQuestion, CancellationToken, Task<TAnswer>> answer) =>
        cluster.Answer(verb.Name, async (body, cancellationToken) =>
        {
            var question = JsonSerializer.Deserialize(body.Span, verb.Question) ?? throw new JsonException($"The question '{verb.Name}' is null.");
            return JsonSerializer.SerializeToUtf8Bytes(await answer(question, cancellationToken), verb.Answer);
        });
}
