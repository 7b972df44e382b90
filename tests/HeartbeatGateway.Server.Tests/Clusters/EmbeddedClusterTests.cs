using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clusters;

/// <summary>A gateway without a cluster is a cluster of one.</summary>
public sealed class EmbeddedClusterTests
{
    [Fact]
    public async Task It_knows_the_clients_of_its_gateway()
    {
        using var gateway = new EngineHarness();
        gateway.Engine.Start();
        var cluster = Assert.IsType<EmbeddedCluster>(gateway.Engine.Cluster);
        var (client, welcome) = await gateway.IdentifiedAsync();
        await gateway.ConnectedAsync();
        var member = (await cluster.FindAsync("pump-17", TestContext.Current.CancellationToken))!;
        Assert.Equal((welcome.Generation, welcome.SessionId, "1", cluster.Self.Epoch), (member.Generation, member.Session, member.ConnectionId, member.Epoch));
        Assert.Null(await cluster.FindAsync("pump-18", TestContext.Current.CancellationToken));
        Assert.Equal([cluster.Self], await cluster.ListNodesAsync(TestContext.Current.CancellationToken));
        await client.DisconnectAsync();
        Assert.Null(await cluster.FindAsync("pump-17", TestContext.Current.CancellationToken));
    }
}
