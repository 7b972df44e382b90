using System.Net;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Admission;

/// <summary>A limit of connections by address that a reload sets or changes applies to the connections that are open already.</summary>
public sealed class AddressLimitReloadTests
{
    [Fact]
    public async Task A_limit_that_a_reload_sets_counts_open_connections()
    {
        using var gateway = new EngineHarness();
        var clients = new[] { await gateway.ConnectedAsync(), await gateway.ConnectedAsync(), gateway.Connect() };
        Set(gateway, 3);
        await RejectedAsync(gateway, times: 1);

        clients[0].CloseOutput();
        await clients[0].Handler;
        Assert.False(gateway.Connect().Handler.IsCompleted);
        await RejectedAsync(gateway, times: 2);
        Assert.False(gateway.Connect(IPAddress.Parse("192.0.2.99")).Handler.IsCompleted);
    }

    [Fact]
    public async Task A_limit_that_is_lowered_raised_switched_off_and_on_counts_all()
    {
        using var gateway = new EngineHarness(o => o.Admission.MaxConnectionsPerAddress = 3);
        var clients = new List<InMemoryClient>();
        for (var i = 0; i < 3; i++) clients.Add(await gateway.ConnectedAsync());
        Set(gateway, 1);
        await RejectedAsync(gateway, times: 1);
        // Those that are above the new limit stay.
        Assert.All(clients, client => Assert.False(client.Handler.IsCompleted));
        Set(gateway, 4);
        clients.Add(await gateway.ConnectedAsync());
        await RejectedAsync(gateway, times: 2);
        Set(gateway, 0);
        clients.Add(await gateway.ConnectedAsync());
        clients.Add(await gateway.ConnectedAsync());
        Set(gateway, 6);
        await RejectedAsync(gateway, times: 3);

        foreach (var client in clients)
        {
            client.CloseOutput();
            await client.Handler;
        }

        Set(gateway, 1);
        Assert.False(gateway.Connect().Handler.IsCompleted);
        await RejectedAsync(gateway, times: 4);
        gateway.AssertBalanced();
    }

    [Fact]
    public void After_a_storm_of_many_addresses_its_memory_is_given_back()
    {
        using var gateway = new EngineHarness(o => o.Admission.MaxConnections = 0);
        var gate = new AdmissionGate(gateway.Time, MemoryPressure.OfProcess(gateway.Time));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0UL; i < 200_000; i++)
        {
            Assert.True(gate.TryEnter(gateway.Engine.Settings, out _));
            Assert.True(gate.TryEnterAddress(new AddressKey(i, AddressKey.Kind.V4), gateway.Engine.Settings, out var isCounted, out _));
            Assert.True(isCounted);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{(GC.GetTotalMemory(forceFullCollection: true) - before) / 200_000.0:0} bytes for each address");
        for (var i = 0UL; i < 200_000; i++) gate.Leave(new AddressKey(i, AddressKey.Kind.V4), countedByAddress: true);
        Assert.Equal(0, gate.Places);
        Assert.InRange(gate.AddressCapacity, 0, 8 * 1024);
    }

    private static void Set(EngineHarness gateway, int limit)
    {
        gateway.Options.Admission.MaxConnectionsPerAddress = limit;
        gateway.Engine.Reconfigure(gateway.Options);
    }

    private static async Task RejectedAsync(EngineHarness gateway, int times)
    {
        await gateway.Connect().Handler;
        Assert.Equal(times, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_address")));
    }
}
