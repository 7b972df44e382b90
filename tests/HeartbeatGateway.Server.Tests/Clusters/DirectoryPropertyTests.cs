using System.Buffers;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Tests.Delivery;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clusters;

/// <summary>Whatever clients and nodes do, the directory ends as the sum of the nodes' tables.</summary>
public sealed class DirectoryPropertyTests
{
    private const int Nodes = 3;
    private const int Clients = 5;
    private const int Steps = 120;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_connects_moves_ends_and_degraded_phases_the_directory_is_the_sum_of_the_nodes(bool acknowledges)
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            using var run = new Run(seed, acknowledges);
            await run.RunAsync();
        }
    }

    private sealed class Run(int seed, bool acknowledges) : IDisposable
    {
        private readonly Random _random = new(seed);
        private readonly ClusterNodes _nodes = new(Nodes);
        private readonly List<InMemoryClient> _open = [];
        private long _attempt;

        public async Task RunAsync()
        {
            for (var node = 0; node < Nodes; node++) _nodes[node].Time.Step(TimeSpan.FromHours(node));
            for (var step = 0; step < Steps; step++) await StepAsync();
            for (var node = 0; node < Nodes; node++)
            {
                var cluster = _nodes.Cluster(node);
                cluster.Holds = false;
                while (cluster.Answers.Count > 0) cluster.Release(_random.Next(cluster.Answers.Count));
            }

            await EngineHarness.SettleAsync();
            for (var node = 0; node < Nodes; node++) _nodes.Cluster(node).Return();
            // What one return has decided, the others learn.
            for (var node = 0; node < Nodes; node++) _nodes.Cluster(node).Return();
            try
            {
                _nodes.AssertExact();
                AssertOnePlaceEach();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}.", e);
            }

            foreach (var client in _open) client.CloseOutput();
            foreach (var client in _open) await client.Handler.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            Assert.True(_nodes.Directory.Entries.Count == 0, $"Seed {seed}: {string.Join(", ", _nodes.Directory.Entries.Keys)} stayed.");
        }

        public void Dispose() => _nodes.Dispose();

        private async Task StepAsync()
        {
            var node = _random.Next(Nodes);
            var cluster = _nodes.Cluster(node);
            switch (_random.Next(12))
            {
                case < 5: await ConnectAsync(node); break;
                case < 7: Disconnect(); break;
                case 7: cluster.IsCut = true; break;
                case 8 when cluster.IsCut: cluster.Return(); break;
                case 9: cluster.Holds = !cluster.Holds; break;
                case 10 when cluster.Answers.Count > 0: cluster.Release(_random.Next(cluster.Answers.Count)); break;
                default: _nodes.Advance(TimeSpan.FromMilliseconds(_random.Next(2000))); break;
            }

            await EngineHarness.SettleAsync();
        }

        private async Task ConnectAsync(int node)
        {
            var instance = _random.Next(3) switch { 0 => null, 1 => "one", _ => "two" };
            var attempt = instance is null ? (long?)null : _random.Next(4) == 0 ? _random.NextInt64(_attempt + 1) : ++_attempt;
            var hello = acknowledges && instance is not null && _random.Next(2) == 0
                ? AckClient.Hello($"c{_random.Next(Clients)}", instance, attempt)
                : EngineHarness.Hello($"c{_random.Next(Clients)}", instance, attempt);
            var client = await _nodes.SendHelloAsync(node, hello);
            _open.Add(client);
            if (!hello.Features.Contains(ProtocolFeatures.Ack) || _random.Next(2) == 0) return;
            // Confirmed, if it is welcomed by now.
            if (client.TakeFrames() is not [{ Type: "welcome" } welcome, ..]) return;
            Assert.True(WelcomePayload.TryParse(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(welcome.Content)), out var read));
            await client.SendAsync(client.Signer.EncodeNumbered("ack"u8, default, client.UnixSeconds, new FrameNumber(0, read.Generation)).ToArray());
        }

        private void Disconnect()
        {
            if (_open.Count == 0) return;
            var index = _random.Next(_open.Count);
            _open[index].CloseOutput();
            _open.RemoveAt(index);
        }

        /// <summary>No node has a client that is elsewhere, but for an older connection whose newer one is not confirmed.</summary>
        private void AssertOnePlaceEach()
        {
            for (var node = 0; node < Nodes; node++)
            {
                foreach (var client in _nodes[node].Engine.EnumerateClients()) Assert.Equal($"node-{node}", _nodes.Directory.Entries[client.ClientId].Node.Self.Name);
            }
        }
    }
}
