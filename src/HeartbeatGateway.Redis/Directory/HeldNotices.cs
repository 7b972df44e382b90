using System.Text;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Tells the node of a client that something is kept for it: messages were held while it connected, or an earlier connection has left something unacknowledged
/// since. That node takes it by a comparison of the one client.
/// </summary>
internal sealed class HeldNotices(
    INodeChannel channel, LocalClients local, NodeIdentity node, RepeatedQuestions repeated, Action<ClusterMember> compare, BackgroundWork work)
{
    /// <summary>The question; its body is the client id, the answer is empty.</summary>
    public const string Verb = "held";

    /// <summary>When a client is looked for again that is not here: its hello may have been entered, and its welcome may be on its way.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>Begins to answer.</summary>
    public void Start() => channel.Answer(Verb, (body, _) =>
    {
        Look(Encoding.UTF8.GetString(body.Span));
        return default;
    });

    /// <summary>Tells a node.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="epoch">The node to which it is connected.</param>
    public void Tell(string clientId, string epoch)
    {
        if (node.IsOwn(epoch)) Look(clientId);
        else work.Run("tell a node that something is kept for its client", () => AskAsync(clientId, epoch));
    }

    private async Task AskAsync(string clientId, string epoch)
    {
        var body = Encoding.UTF8.GetBytes(clientId);
        var answer = await channel.AskAsync(epoch, Verb, body, work.Stopping);
        if (answer.Kind != NodeAnswerKind.Answered) repeated.Add(new ClientQuestion(epoch, Verb, clientId), body);
    }

    private void Look(string clientId)
    {
        if (local.Clients.Find(clientId) is { } member) compare(member);
        else work.Run("look again for a client for which something is kept", () => LookAgain(clientId), LookAgainAfter);
    }

    private Task LookAgain(string clientId)
    {
        if (local.Clients.Find(clientId) is { } member) compare(member);
        return Task.CompletedTask;
    }
}
