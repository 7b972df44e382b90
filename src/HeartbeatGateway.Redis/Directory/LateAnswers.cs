using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Answers that came after their hello was welcomed without the directory: the entry has a generation that the client does not have. The client's connection is
/// entered with the generation of its welcome, and gets what is kept for the client; or its entry is removed.
/// </summary>
internal sealed class LateAnswers(LocalClients local, Restorer restorer, Leaver leaver, BackgroundWork work)
{
    /// <summary>By then the hello is answered and its connection is registered, or has ended.</summary>
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(1);

    /// <summary>Follows an answer.</summary>
    public void Await(ClusterHello hello, Task<EnterAnswer> answer) => work.Run("follow a late answer to a hello", async () =>
    {
        ClusterEntry entry;
        try
        {
            entry = (await answer).Entry;
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            // Redis may have entered it, and may do so for as long as the call was bounded, which is over.
            work.Run("remove an entry whose answer was lost", () => LeaveIfGone(hello), LookAfter);
            return;
        }

        if (entry.Kind == ClusterEntryKind.Entered) work.Run("correct a late entry", () => Correct(hello, entry.Generation), LookAfter);
    });

    /// <summary>Compares the client's connection with the directory, when it is registered.</summary>
    public void LookAgain(ClusterHello hello) => work.Run(
        "look again for a client whose epoch has ended",
        () =>
        {
            if (local.Find(hello.ClientId, hello.ConnectionId) is { } member) restorer.Add(member);
            return Task.CompletedTask;
        },
        LookAfter);

    private Task Correct(ClusterHello hello, long generation)
    {
        if (local.Find(hello.ClientId, hello.ConnectionId) is { } member) restorer.Add(member);
        else leaver.Add(Departure(hello, generation));
        return Task.CompletedTask;
    }

    // A connection that is here was told by Restore, or is found by the comparison.
    private Task LeaveIfGone(ClusterHello hello)
    {
        if (local.Clients.Find(hello.ClientId) is null) leaver.Add(Departure(hello, generation: 0));
        return Task.CompletedTask;
    }

    private static ClusterDeparture Departure(ClusterHello hello, long generation) =>
        LeaveBatch.OfUnknown(new ClusterMember(hello.ClientId, generation, hello.ConnectionId) { Session = hello.NewSession });
}
