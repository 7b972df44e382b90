using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests;

/// <summary>What programs see and do through <see cref="IHeartbeatGateway"/>.</summary>
public sealed class FacadeTests
{
    [Fact]
    public async Task Pages_hold_every_open_connection_once_anonymous_ones_included()
    {
        using var gateway = new EngineHarness();
        for (var i = 0; i < 10; i++) await gateway.ConnectedAsync();
        for (var i = 0; i < 5; i++) await gateway.IdentifiedAsync(EngineHarness.Hello($"pump-{i}"));
        gateway.Connect();
        var pages = Pages(gateway.Engine, limit: 7);
        Assert.Equal([7, 7, 2], pages.Select(p => p.Connections.Count));
        var all = pages.SelectMany(p => p.Connections).ToList();
        Assert.Equal(16, all.Select(c => c.Id).Distinct().Count());
        Assert.Equal(15, all.Count(c => c.IsConnected));
        Assert.Equal(["pump-0", "pump-1", "pump-2", "pump-3", "pump-4"], all.Select(c => c.Client?.ClientId).OfType<string>());
        Assert.Equal(all.Select(c => c.Id), gateway.Engine.EnumerateConnections().Select(c => c.Id));
        Assert.Equal(5, gateway.Engine.EnumerateClients().Count());
    }

    [Fact]
    public async Task A_connection_that_stays_open_is_on_one_page_while_others_come_and_go()
    {
        using var gateway = new EngineHarness();
        var clients = new List<InMemoryClient>();
        for (var i = 0; i < 20; i++) clients.Add(await gateway.ConnectedAsync());
        var staying = gateway.Engine.EnumerateConnections().Select(c => c.Id).Where((_, i) => i % 2 == 1).ToList();
        var first = gateway.Engine.ListConnections(5);
        // Half of them close, those at the border of the page among them, and others take their slots.
        for (var i = 0; i < 20; i += 2)
        {
            clients[i].CloseOutput();
            await clients[i].Handler;
        }

        for (var i = 0; i < 5; i++) await gateway.ConnectedAsync();
        var rest = Pages(gateway.Engine, limit: 5, first.Next);
        var seen = first.Connections.Concat(rest.SelectMany(p => p.Connections)).Select(c => c.Id).ToList();
        Assert.All(staying, id => Assert.Single(seen, id));
    }

    [Fact]
    public void An_empty_gateway_has_one_empty_page_and_a_limit_below_1_is_refused()
    {
        using var gateway = new EngineHarness();
        Assert.Equal((0, null), (gateway.Engine.ListConnections(1).Connections.Count, gateway.Engine.ListConnections(1).Next));
        Assert.Throws<ArgumentOutOfRangeException>(() => gateway.Engine.ListConnections(0));
    }

    [Fact]
    public async Task A_view_shows_what_happens_on_a_connection()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("pump-1"));
        var view = Assert.Single(gateway.Engine.ViewConnections());
        Assert.Equal(("pump-1", TestSecrets.KeyId, ConnectionState.Connected, CloseReason.None), (view.ClientId, view.KeyId, view.State, view.Reason));
        Assert.Equal((1L, 1L, 0), (view.FramesRead, view.FramesWritten, view.PendingBytes));
        for (var i = 0; i < 3; i++)
        {
            gateway.Advance(TimeSpan.FromSeconds(2));
            await client.PingAsync();
            await client.ReadFrameAsync();
        }

        // It is live: the same view shows the pings.
        Assert.Equal((4L, 4L), (view.FramesRead, view.FramesWritten));
        Assert.Equal([2, 2], view.GetHeartbeatGaps().Select(g => g.TotalSeconds));
        Assert.Equal((6, 0), (view.Age.TotalSeconds, view.SinceLastRead.TotalSeconds));
        Assert.True(view.BytesWritten >= 4 * 158);
        Assert.Null(view.GetTcpStatistics());
        Assert.Equal(7, view.ReaderIdle.TotalSeconds);
        gateway.Options.Heartbeat.ReaderIdle = TimeSpan.FromSeconds(9);
        gateway.Engine.Reconfigure(gateway.Options);
        Assert.Equal(9, view.ReaderIdle.TotalSeconds);
        Assert.Equal("pump-1", gateway.Engine.ViewConnection(view.Id)!.Value.ClientId);
        gateway.Engine.Close(view.Id, CloseReason.Kicked);
        Assert.Equal((ConnectionState.Closing, CloseReason.Kicked), (view.State, view.Reason));
        client.CloseOutput();
        await client.Handler;
        Assert.Null(gateway.Engine.ViewConnection(view.Id));
    }

    [Fact]
    public async Task One_message_for_several_clients_has_a_result_for_each()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("pump-1"));
        Assert.Equal([SendResult.NotConnected, SendResult.Accepted, SendResult.Accepted], gateway.Engine.SendToClients(["pump-9", "pump-1", "pump-1"], "order", "go"u8.ToArray()));
        for (var i = 0; i < 2; i++) Assert.Equal("order", (await client.ReadFrameAsync()).Type);
    }

    [Fact]
    public async Task A_connection_is_described_as_it_is_now()
    {
        using var gateway = new EngineHarness();
        var (client, welcome) = await gateway.IdentifiedAsync();
        gateway.Advance(TimeSpan.FromSeconds(2));
        await client.PingAsync();
        gateway.Advance(TimeSpan.FromSeconds(3));
        var id = gateway.Engine.FindClient("pump-17")!.ConnectionId;
        var found = gateway.Engine.FindConnection(id)!;
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(3), (TimeSpan?)TimeSpan.FromSeconds(3)), (found.Age, found.SinceLastRead, found.SinceLastPing));
        Assert.Equal((new IPEndPoint(EngineHarness.DefaultAddress, 50_000), true, 0), (found.RemoteEndPoint, found.IsConnected, found.PendingBytes));
        Assert.Equal((welcome.SessionId, welcome.Generation), (found.Client!.SessionId, found.Client.Generation));
        Assert.True(found.BytesRead > 2 * 158);

        client.CloseOutput();
        await client.Handler;
        Assert.Null(gateway.Engine.FindConnection(id));
    }

    [Fact]
    public async Task A_client_is_sent_to_and_closed_by_its_id()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        Assert.Equal(SendResult.Accepted, gateway.Engine.SendToClient("pump-17", "greeting", "hello"u8.ToArray()));
        Assert.Equal(("greeting", "hello"), await client.ReadFrameAsync());
        Assert.Equal(SendResult.NotConnected, gateway.Engine.SendToClient("pump-18", "greeting", default));

        Assert.True(gateway.Engine.CloseClient("pump-17", CloseReason.Kicked, retry: false));
        var close = await client.ReadCloseAsync();
        Assert.Equal((CloseReason.Kicked, false), (close.Reason, close.Retry));
        Assert.False(gateway.Engine.CloseClient("pump-17", CloseReason.Kicked));
    }

    private static List<ConnectionPage> Pages(GatewayEngine engine, int limit, ConnectionId? after = null)
    {
        var pages = new List<ConnectionPage>();
        do
        {
            pages.Add(engine.ListConnections(limit, after));
            after = pages[^1].Next;
        }
        while (after is not null);

        return pages;
    }
}
