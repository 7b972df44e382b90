using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>How connections of tests end, each with a bound in real time, so that what never ends fails.</summary>
internal static class Endings
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>The client says goodbye, and the gateway is done with it.</summary>
    public static async Task LeaveAsync(this InMemoryClient client)
    {
        client.CloseOutput();
        await client.Handler.WaitAsync(Patience);
    }

    /// <summary>The gateway ends the connection and tells why.</summary>
    public static async Task<ClosePayload> ToldAsync(this InMemoryClient client)
    {
        var close = await client.ReadCloseAsync().WaitAsync(Patience);
        await client.LeaveAsync();
        Assert.Empty(client.TakeFrames());
        return close;
    }

    /// <summary>The gateway ends the connection without a word.</summary>
    public static async Task UntoldAsync(this InMemoryClient client)
    {
        await client.Handler.WaitAsync(Patience);
        Assert.Empty(client.TakeFrames());
    }

    /// <summary>
    /// The client does nothing, and the gateway cleans up without it. Takes as much of the gateway's time as it needs, since the
    /// unwinding begins on a thread of its own: nobody else must have a limit of silence.
    /// </summary>
    public static async Task CleanedUpLateAsync(this InMemoryClient client, EngineHarness gateway)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!client.Handler.IsCompleted)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "The connection is never cleaned up.");
            await EngineHarness.SettleAsync();
            gateway.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>How often clients came back, by what they were recognised.</summary>
    public static double Reconnects(this EngineHarness gateway, string identity = "client") =>
        gateway.Metrics.Read("heartbeatgateway.reconnects", ("identity", identity));

    /// <summary>All presence events that there were.</summary>
    public static Task<IReadOnlyList<PresenceEvent>> EventsAsync(this EngineHarness gateway, long after = 0) =>
        gateway.EventsAsync(after, gateway.Engine.TakePresenceSnapshot().Sequence);

    /// <summary>The presence events after one up to another.</summary>
    public static async Task<IReadOnlyList<PresenceEvent>> EventsAsync(this EngineHarness gateway, long after, long upTo)
    {
        var events = new List<PresenceEvent>();
        if (after >= upTo) return events;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        await foreach (var presence in gateway.Engine.FollowPresenceAsync(after, patience.Token))
        {
            events.Add(presence);
            if (presence.Sequence >= upTo) break;
        }

        return events;
    }
}
