using System.Collections.Concurrent;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>Clients that replace their own connections again and again while messages are in flight, and a sink that settles from other threads.</summary>
public sealed class AckTakeoverStormTests
{
    private const int Clients = 4;
    private const int Rounds = 500;

    [Fact]
    public async Task Each_message_is_handed_over_once_and_in_order_and_all_are_acknowledged()
    {
        var sink = new StormSink();
        using var gateway = new EngineHarness(o => o.Admission.MaxConnections = 100_000, sink, LogLevel.Error);
        using var ending = new CancellationTokenSource();
        var settling = Task.WhenAll(Task.Run(() => sink.SettleAsync(1, ending.Token)), Task.Run(() => sink.SettleAsync(2, ending.Token)));
        var sent = await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => Task.Run(() => RunAsync(gateway, $"pump-{i}", i))));
        await ending.CancelAsync();
        await settling;

        for (var i = 0; i < Clients; i++) Assert.Equal(Enumerable.Range(1, (int)sent[i]).Select(n => (long)n), sink.NumbersOf($"pump-{i}"));
        Assert.Equal(0, gateway.Engine.Deliveries.Unsettled);
        Assert.Empty(gateway.Engine.TakePresenceSnapshot().Clients);
        Assert.Equal(0, gateway.Engine.OpenConnections);
        Assert.True(gateway.Closed("replaced") > Clients * Rounds / 4, $"Only {gateway.Closed("replaced")} takeovers.");
        Assert.True(gateway.Metrics.Read("heartbeatgateway.messages_duplicate") > 0);
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.messages_missing"));
        gateway.AssertBalanced();
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Level >= LogLevel.Error);
    }

    private static async Task<long> RunAsync(EngineHarness gateway, string clientId, int seed)
    {
        var random = new Random(seed);
        var (sent, acknowledged, attempt, generation) = (0L, 0L, 0L, 0L);
        var open = new List<AckClient>();
        for (var round = 0; round < Rounds; round++)
        {
            var client = await WelcomedAsync();
            // Some attempts are given up before they are confirmed, and some end while the next one takes over.
            if (random.Next(5) == 0)
            {
                open.Add(client);
                continue;
            }

            await SendAsync(client, random.Next(4));
            if (random.Next(3) == 0) client.Client.CloseOutput();
            open.Add(client);
            if (open.Count > 5) await CleanUpAsync();
        }

        var last = await WelcomedAsync();
        await SendAsync(last, 1);
        await last.UntilAsync(c => c.Acks.Contains(sent) || c.Welcome.Accepted == sent);
        open.Add(last);
        await CleanUpAsync();
        return sent;

        async Task<AckClient> WelcomedAsync()
        {
            var client = await AckClient.WelcomedAsync(gateway, AckClient.Hello(clientId, attempt: ++attempt, sent: sent == 0 ? null : sent));
            Assert.True(client.Welcome.Generation > generation);
            generation = client.Welcome.Generation;
            acknowledged = Math.Max(acknowledged, client.Welcome.Accepted ?? 0);
            return client;
        }

        async Task SendAsync(AckClient client, int more)
        {
            var first = acknowledged + 1;
            sent += more;
            await client.AckAsync(0);
            await client.SendAsync(Enumerable.Range(0, (int)(sent - first + 1)).Select(i => first + i));
        }

        async Task CleanUpAsync()
        {
            foreach (var client in open)
            {
                client.Read();
                client.Client.CloseOutput();
                await client.Client.Handler;
            }

            open.Clear();
        }
    }

    /// <summary>Settles in any order, on other threads.</summary>
    private sealed class StormSink : IMessageSink
    {
        private readonly ConcurrentDictionary<string, ConcurrentQueue<long>> _taken = [];
        private readonly ConcurrentBag<MessageReceipt> _waiting = [];

        public IEnumerable<long> NumbersOf(string clientId) => _taken[clientId];

        public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
        {
            _taken.GetOrAdd(message.ClientId!, static _ => []).Enqueue(message.Number!.Value);
            _waiting.Add(message.Defer());
            return ValueTask.CompletedTask;
        }

        public async Task SettleAsync(int seed, CancellationToken ending)
        {
            var random = new Random(seed);
            while (!ending.IsCancellationRequested)
            {
                for (var i = random.Next(20); i > 0 && _waiting.TryTake(out var receipt); i--) receipt.Settle(random.Next(2) == 0 ? MessageVerdict.Accepted : MessageVerdict.Rejected);
                await Task.Yield();
            }
        }
    }
}
