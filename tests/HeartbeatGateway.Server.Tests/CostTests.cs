using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Tests.Delivery;
using HeartbeatGateway.Server.Tests.Telemetry;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server.Tests;

/// <summary>Memory costs in bytes, which do not depend on the machine.</summary>
[Collection(nameof(CostTests))]
[CollectionDefinition(nameof(CostTests), DisableParallelization = true)]
public sealed class CostTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_ping_and_its_answer_allocate_nothing_in_the_gateway(bool isAck)
    {
        using var gateway = new EngineHarness();
        gateway.Metrics.Dispose();
        var client = isAck ? (await AckClient.ConfirmedAsync(gateway)).Client : await gateway.ConnectedAsync();
        var ping = client.Ping;
        // Fewer pings than a burst, because a burst is read on another thread.
        const int Pings = 500;
        await RunAsync();
        gateway.Time.Advance(TimeSpan.FromSeconds(0.5));
        var before = GC.GetAllocatedBytesForCurrentThread();
        await RunAsync();
        var perPing = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Pings;

        // The client's side of the pipes allocates on this thread too. An allocation in the gateway would occur at every ping.
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
    public async Task An_idle_connection_costs_less_than_six_hundred_bytes_in_addition_to_its_transport()
    {
        // Just below a size to which tables grow, so that they are nearly full, and many, so that what else the process does weighs little.
        const int Connections = 16_000;
        var keyring = TestSecrets.ClientKeyring();
        var least = double.MaxValue;
        // Other tests leave objects whose end falls into a measurement, so the least of three counts. Each begins with empty tables.
        for (var i = 0; i < 3; i++)
        {
            using var gateway = new EngineHarness(minimumLevel: LogLevel.None);
            var bare = await MeasureAsync(_ => InMemoryClient.EchoedAsync(gateway.Time, keyring), Connections);
            var whole = await MeasureAsync(
                async _ =>
                {
                    var client = gateway.Connect(keyring: keyring);
                    await client.PingAsync();
                    client.DiscardAnswers();
                    return client;
                },
                Connections);
            TestContext.Current.TestOutputHelper?.WriteLine($"{whole - bare:0} bytes of the gateway, {whole:0} with pipes and client");
            if (whole > bare) least = Math.Min(least, whole - bare);
        }

        Assert.InRange(least, 0, 600);
    }

    [Fact]
    public async Task A_client_id_costs_less_than_eight_hundred_bytes_more()
    {
        using var gateway = new EngineHarness(minimumLevel: LogLevel.None);
        var keyring = TestSecrets.ClientKeyring();
        var anonymous = await MeasureAsync(async _ =>
        {
            var client = gateway.Connect(keyring: keyring);
            await client.PingAsync();
            client.DiscardAnswers();
            return client;
        });
        var identified = await MeasureAsync(i => SendHelloAsync($"device-{i:000000}", 1));
        TestContext.Current.TestOutputHelper?.WriteLine($"{identified - anonymous:0} bytes for a client id, a session, a remembered token and one presence event");
        Assert.InRange(identified - anonymous, 0, 800);

        async Task<InMemoryClient> SendHelloAsync(string clientId, long attempt)
        {
            var client = gateway.Connect(keyring: keyring);
            await client.HelloAsync(EngineHarness.Hello(clientId, instance: "0123456789abcdef", attempt));
            client.DiscardAnswers();
            return client;
        }
    }

    [Fact]
    public async Task A_ping_under_a_client_secret_allocates_nothing_and_its_keys_take_96_bytes_at_most()
    {
        const string Master = "the master secret of a fleet";
        using var gateway = new EngineHarness(o => o.Tokens.Keys[0] = new TokenKeyOptions { Id = "k1", Secret = Master, PerClient = true }, minimumLevel: LogLevel.None);
        gateway.Metrics.Dispose();
        var master = new TokenSecret("k1", Master);
        // One keyring for each client is the test's cost, so it is made before.
        var keyrings = Enumerable.Range(0, 2001).Select(i => new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret("k1", master.DeriveText($"device-{i:000000}"))] }, TokenRole.Client)).ToList();
        var client = await WelcomedAsync(gateway, 2000, keyrings[2000]);
        var ping = client.Ping;
        await RunAsync();
        gateway.Time.Advance(TimeSpan.FromSeconds(0.5));
        var before = GC.GetAllocatedBytesForCurrentThread();
        await RunAsync();
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 500.0, 0, 1);

        // The runtime's own work on a busy machine adds to some tries.
        var least = double.MaxValue;
        for (var tries = 0; tries < 3 && least > 96; tries++) least = Math.Min(least, await KeysOfClientAsync());
        TestContext.Current.TestOutputHelper?.WriteLine($"{least:0} bytes for the keys of a client");
        Assert.InRange(least, double.MinValue, 96);

        async Task<double> KeysOfClientAsync()
        {
            var ordinary = TestSecrets.ClientKeyring();
            using var secrets = new EngineHarness(o => o.Tokens.Keys[0] = new TokenKeyOptions { Id = "k1", Secret = Master, PerClient = true }, minimumLevel: LogLevel.None);
            using var shared = new EngineHarness(minimumLevel: LogLevel.None);
            secrets.Metrics.Dispose();
            var with = await MeasureAsync(i => WelcomedAsync(secrets, i, keyrings[i]));
            return with - await MeasureAsync(i => WelcomedAsync(shared, i, ordinary));
        }

        async Task RunAsync()
        {
            for (var i = 0; i < 500; i++)
            {
                var sent = client.SendRaw(ping);
                if (!sent.IsCompletedSuccessfully) await sent;
                client.DiscardAnswers();
            }
        }

        static async Task<InMemoryClient> WelcomedAsync(EngineHarness gateway, int number, TokenKeyring keyring)
        {
            var client = gateway.Connect(keyring: keyring, namesKey: true);
            await client.HelloAsync(EngineHarness.Hello($"device-{number:000000}", instance: "0123456789abcdef"));
            client.DiscardAnswers();
            return client;
        }
    }

    [Fact]
    public async Task A_connection_costs_nothing_more_while_others_are_recorded_as_spans()
    {
        using var gateway = new EngineHarness(options => options.Telemetry.ConnectionSpanRatio = 0, minimumLevel: LogLevel.None);
        using var spans = new SpanRecorder(gateway);
        var engine = gateway.Engine.Spans;
        var transport = new DefaultConnectionContext("test");
        Pass();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Pass();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        gateway.Options.Telemetry.ConnectionSpanRatio = 1;
        gateway.Engine.Reconfigure(gateway.Options);
        var keyring = TestSecrets.ClientKeyring();
        var sampled = await MeasureAsync(ConnectAsync);
        gateway.Options.Telemetry.ConnectionSpanRatio = 0;
        gateway.Engine.Reconfigure(gateway.Options);
        var unsampled = await MeasureAsync(ConnectAsync);
        TestContext.Current.TestOutputHelper?.WriteLine($"{sampled - unsampled:0} bytes for an open span");
        Assert.InRange(sampled - unsampled, 0, 4096);

        void Pass()
        {
            engine.Open(new ConnectionId(1, 1), transport, openedAt: 1, gateway.Engine.Settings.ConnectionSpanRatio);
            using var scope = engine.Enter(new ConnectionId(1, 1));
            engine.Find(new ConnectionId(1, 1))?.Closing(1, CloseReason.PeerClosed, default);
        }

        async Task<InMemoryClient> ConnectAsync(int number)
        {
            var client = gateway.Connect(keyring: keyring);
            await client.PingAsync();
            client.DiscardAnswers();
            return client;
        }
    }

    private static async Task<double> MeasureAsync<T>(Func<int, Task<T>> make, int connections = 2000)
        where T : class
    {
        var kept = new List<T>(connections);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < connections; i++) kept.Add(await make(i));
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(kept);
        return (after - before) / (double)connections;
    }
}
