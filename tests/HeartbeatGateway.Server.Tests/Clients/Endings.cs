using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>Ways to end the connections of tests. Each has a bound in real time, so that a connection that never ends fails its test.</summary>
internal static class Endings
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);

    /// <summary>The client closes its side. Waits until the gateway has cleaned up the connection.</summary>
    public static async Task DisconnectAsync(this InMemoryClient client)
    {
        client.CloseOutput();
        await client.Handler.WaitAsync(MaxWait);
    }

    /// <summary>The gateway ends the connection with a close frame.</summary>
    /// <returns>The content of the close frame.</returns>
    public static async Task<ClosePayload> ClosedWithFrameAsync(this InMemoryClient client)
    {
        var close = await client.ReadCloseAsync().WaitAsync(MaxWait);
        await client.DisconnectAsync();
        Assert.Empty(client.TakeFrames());
        return close;
    }

    /// <summary>The gateway ends the connection without a close frame.</summary>
    public static async Task ClosedWithoutFrameAsync(this InMemoryClient client)
    {
        await client.Handler.WaitAsync(MaxWait);
        Assert.Empty(client.TakeFrames());
    }

    /// <summary>
    /// The client does nothing, and the gateway cleans up without it. Advances the gateway's clock as far as needed, since the clean-up
    /// begins on another thread. Because the clock advances, no other connection may have an idle timeout.
    /// </summary>
    public static async Task CleanedUpByGatewayAsync(this InMemoryClient client, EngineHarness gateway)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!client.Handler.IsCompleted)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < MaxWait, "The connection was not cleaned up in time.");
            await EngineHarness.SettleAsync();
            gateway.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>The number of reconnects that were recognised by client id, or by address.</summary>
    public static double Reconnects(this EngineHarness gateway, string identity = "client") =>
        gateway.Metrics.Read("heartbeatgateway.reconnects", ("identity", identity));

    /// <summary>All presence events after the given sequence number.</summary>
    public static Task<IReadOnlyList<PresenceEvent>> EventsAsync(this EngineHarness gateway, long after = 0) =>
        gateway.EventsAsync(after, gateway.Engine.TakePresenceSnapshot().Sequence);

    /// <summary>The presence events after one sequence number, up to and including another.</summary>
    public static async Task<IReadOnlyList<PresenceEvent>> EventsAsync(this EngineHarness gateway, long after, long upTo)
    {
        var events = new List<PresenceEvent>();
        if (after >= upTo) return events;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(MaxWait);
        await foreach (var presence in gateway.Engine.FollowPresenceAsync(after, timeout.Token))
        {
            events.Add(presence);
            if (presence.Sequence >= upTo) break;
        }

        return events;
    }
}
