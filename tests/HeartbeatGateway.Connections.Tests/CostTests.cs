using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Connections.Tests;

/// <summary>What machines cannot blur: bytes.</summary>
[Collection(nameof(CostTests))]
[CollectionDefinition(nameof(CostTests), DisableParallelization = true)]
public sealed class CostTests
{
    [Fact]
    public async Task A_ping_and_its_answer_allocate_nothing_in_the_gateway()
    {
        using var gateway = new EngineHarness();
        gateway.Metrics.Dispose();
        var client = await gateway.ConnectedAsync();
        var ping = client.Ping;
        // Fewer than make a burst, which would be read on another thread.
        const int Pings = 500;
        await RunAsync();
        gateway.Time.Advance(TimeSpan.FromSeconds(0.5));
        var before = GC.GetAllocatedBytesForCurrentThread();
        await RunAsync();
        var perPing = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Pings;

        // The client's side of the pipes is ours too; a gateway that allocates does so at every ping.
        Assert.InRange(perPing, 0, 1);

        async Task RunAsync()
        {
            for (var i = 0; i < Pings; i++)
            {
                var sent = client.SendRaw(ping);
                if (!sent.IsCompletedSuccessfully) await sent;
                client.DiscardAnswers();
            }
        }
    }

    [Fact]
    public async Task An_idle_connection_holds_less_than_six_hundred_bytes_of_the_gateways_own()
    {
        const int Connections = 2000;
        using var gateway = new EngineHarness(minimumLevel: LogLevel.None);
        var keyring = TestSecrets.ClientKeyring();
        var bare = await MeasureAsync(() => InMemoryClient.EchoedAsync(gateway.Time, keyring));
        var whole = await MeasureAsync(async () =>
        {
            var client = gateway.Connect(keyring: keyring);
            await client.PingAsync();
            client.DiscardAnswers();
            return client;
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{whole - bare:0} bytes of the gateway's own, {whole:0} with pipes and client");
        Assert.InRange(whole - bare, 0, 600);

        static async Task<double> MeasureAsync<T>(Func<Task<T>> make)
            where T : class
        {
            var kept = new List<T>(Connections);
            var before = GC.GetTotalMemory(forceFullCollection: true);
            for (var i = 0; i < Connections; i++) kept.Add(await make());
            var after = GC.GetTotalMemory(forceFullCollection: true);
            GC.KeepAlive(kept);
            return (after - before) / (double)Connections;
        }
    }
}
