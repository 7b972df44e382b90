using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests.Hostile;

[Collection(nameof(Alone))]
public sealed class ManyClientsTests(ITestOutputHelper output)
{
    private const int Clients = 2_000;

    [Fact]
    public async Task Two_thousand_clients_in_one_process_use_at_most_8_kB_each()
    {
        // The median of three: buffers that threads keep after the first use, and what is collected late, count once.
        var each = new List<long>();
        for (var i = 0; i < 3; i++) each.Add(await MeasureAsync());
        Assert.InRange(each.Order().ElementAt(1), 500, 8_000);
    }

    /// <summary>The bytes that one client uses. The clients then send heartbeats and are disposed.</summary>
    private async Task<long> MeasureAsync()
    {
        var time = new TestClock(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
        var network = new ScriptedTransports(ClientHarness.Tokens, time);
        using var meters = new TestMeters();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clients = Enumerable.Range(0, Clients)
            .Select(i => ClientHarness.Options with { ClientId = $"pump-{i}", CloseTimeout = TimeSpan.Zero })
            .Select(options => new GatewayClient(options, null, time, meters, network, Random.Shared)).ToList();
        var connecting = clients.Select(c => c.ConnectAsync()).ToList();
        var servers = new List<ServerConnection>();
        for (var i = 0; i < Clients; i++)
        {
            var server = await network.AcceptAsync();
            await server.WelcomeAsync($"session-{i}");
            servers.Add(server);
        }

        await Task.WhenAll(connecting).WaitAsync(Wait.Limit);
        await Wait.UntilAsync(() => servers.All(s => s.Client.Pipe.IsWaitingForInput && !s.Client.Pipe.HasInput), "all answers were read");
        connecting.Clear();
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Clients;
        var networkEach = await NetworkAloneAsync(time);
        output.WriteLine(
            $"{Clients} connected clients: {each} bytes of managed memory each; the test's network uses {networkEach}, the client {each - networkEach}.");

        // All clients send heartbeats and get answers.
        for (var round = 0; round < 3; round++)
        {
            for (var step = 0; step < 10; step++) time.Advance(TimeSpan.FromMilliseconds(500));
            foreach (var server in servers)
            {
                await server.ReadAsync("ping");
                await server.SendPingAsync();
            }

            await Wait.UntilAsync(() => servers.All(s => s.Client.Pipe.IsWaitingForInput && !s.Client.Pipe.HasInput), "all answers were read");
        }

        Assert.Equal(Clients, meters["connected"]);
        Assert.All(clients, c => Assert.Equal(GatewayClientStatus.Connected, c.State.Status));
        await Task.WhenAll(clients.Select(c => c.DisposeAsync().AsTask())).WaitAsync(Wait.Limit);
        Assert.Equal(0, meters["connected"]);
        Assert.Equal(0, network.Open);
        return each - networkEach;
    }

    /// <summary>Measures the same number of connections without clients, each with one pending read.</summary>
    private static async Task<long> NetworkAloneAsync(TestClock time)
    {
        var network = new ScriptedTransports(ClientHarness.Tokens, time);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var kept = new List<object>();
        for (var i = 0; i < Clients; i++)
        {
            var transport = await network.ConnectAsync(new(new System.Net.IPEndPoint(1, 1), "gateway"), default);
            var server = await network.AcceptAsync();
            var client = new byte[500];
            // As on the compared connections, a hello, a ping, a welcome and a pong were exchanged.
            await transport.Stream.WriteAsync(client);
            await server.DiscardAsync();
            await server.SendRawAsync(client);
            Assert.Equal(500, await transport.Stream.ReadAsync(client));
            kept.Add(transport);
            kept.Add(server);
            kept.Add(transport.Stream.ReadAsync(Memory<byte>.Empty).AsTask());
        }

        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Clients;
        GC.KeepAlive(kept);
        return each;
    }
}
