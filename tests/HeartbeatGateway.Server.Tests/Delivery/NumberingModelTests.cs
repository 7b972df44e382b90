using CsCheck;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>
/// A client that sends again what is not acknowledged, against the gateway and a sink that settles in any order, with cuts, takeovers and restarts of the
/// process. The model knows what was handed to the sink and what was settled, nothing more.
/// </summary>
public sealed class NumberingModelTests
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);

    private enum Step
    {
        Send,
        SendThree,
        Accept,
        Reject,
        Drop,
        Cut,
        TakeOver,
        Repeat,
        Restart,
    }

    [Fact]
    public Task Every_number_reaches_the_sink_at_least_once_in_order_and_again_only_marked() =>
        Gen.Select(Gen.Frequency((6, Gen.Const(Step.Send)), (3, Gen.Const(Step.SendThree)), (8, Gen.Const(Step.Accept)), (2, Gen.Const(Step.Reject)), (1, Gen.Const(Step.Drop)),
                (2, Gen.Const(Step.Cut)), (2, Gen.Const(Step.TakeOver)), (1, Gen.Const(Step.Repeat)), (1, Gen.Const(Step.Restart))), Gen.Int[0, 100]).Array[1, 60]
            .SampleAsync(RunAsync, iter: 150, threads: 2);

    private static async Task<bool> RunAsync((Step Step, int Choice)[] steps)
    {
        using var model = new Model();
        foreach (var (step, choice) in steps) await model.TakeAsync(step, choice);
        await model.FinishAsync();
        return true;
    }

    private sealed class Model : IDisposable
    {
        private readonly HashSet<long> _settled = [];
        private readonly HashSet<long> _everHanded = [];
        private EngineHarness _gateway;
        private ReceiptSink _sink = new();
        private AckClient? _client;
        private HashSet<long> _open = [];
        private int _examined;
        private long _highestHanded;
        private long _sent;
        private long _acknowledged;
        private long _attempt;

        public Model() => _gateway = new EngineHarness(sink: _sink);

        public async Task TakeAsync(Step step, int choice)
        {
            switch (step)
            {
                case Step.Send:
                    await SendAsync(1);
                    break;
                case Step.SendThree:
                    await SendAsync(3);
                    break;
                case Step.Accept or Step.Reject or Step.Drop when _open.Count > 0:
                    Settle(_open.ElementAt(choice % _open.Count), step);
                    break;
                case Step.Cut when _client is not null:
                    await LeaveAsync();
                    break;
                case Step.TakeOver when _client is { } old:
                    await ConnectAsync();
                    old.Read();
                    old.Client.CloseOutput();
                    await old.Client.Handler;
                    break;
                case Step.Repeat when _client is not null && _sent > 0:
                    await _client.SendAsync(1 + (choice % _sent));
                    break;
                case Step.Restart:
                    if (_client is not null) await LeaveAsync();
                    _gateway.Dispose();
                    _sink = new ReceiptSink();
                    (_examined, _highestHanded, _open) = (0, 0, []);
                    _gateway = new EngineHarness(sink: _sink);
                    break;
            }

            await CheckAsync();
        }

        public async Task FinishAsync()
        {
            // Acknowledgements come from the thread pool, whose threads may have to wait on a busy machine.
            var began = TimeProvider.System.GetTimestamp();
            while (_acknowledged < _sent && TimeProvider.System.GetElapsedTime(began) < MaxWait)
            {
                if (_client is null) await ConnectAsync();
                await CheckAsync();
                while (_open.Count > 0) Settle(_open.First(), Step.Accept);
                await CheckAsync();
            }

            Assert.Equal(_sent, _acknowledged);
            Assert.Superset(Enumerable.Range(1, (int)_sent).Select(n => (long)n).ToHashSet(), _settled);
            Assert.Equal(0, _gateway.Engine.Deliveries.Unsettled);
        }

        public void Dispose() => _gateway.Dispose();

        private async Task SendAsync(int messages)
        {
            if (_client is null) await ConnectAsync();
            var first = _sent + 1;
            _sent += messages;
            // The gateway may just have closed the connection: then the next one sends them.
            await _client!.SendAsync(Enumerable.Range(0, messages).Select(i => first + i));
        }

        /// <summary>Connects, and sends again what is not acknowledged.</summary>
        private async Task ConnectAsync()
        {
            var before = _sent;
            _client = await AckClient.ConfirmedAsync(_gateway, AckClient.Hello(attempt: ++_attempt, sent: before == 0 ? null : before));
            if (_client.Welcome.Accepted is { } accepted) Acknowledge(accepted);
            if (_acknowledged < _sent) await _client.SendAsync(Enumerable.Range(0, (int)(_sent - _acknowledged)).Select(i => _acknowledged + 1 + i));
        }

        private async Task LeaveAsync()
        {
            var client = _client!;
            _client = null;
            client.Read();
            Read(client);
            await client.CutAsync();
        }

        private void Settle(long number, Step step)
        {
            Examine();
            _open.Remove(number);
            if (step != Step.Drop) _settled.Add(number);
            _sink.Settle(number, step switch { Step.Accept => MessageVerdict.Accepted, Step.Reject => MessageVerdict.Rejected, _ => MessageVerdict.Dropped });
        }

        private async Task CheckAsync()
        {
            await EngineHarness.SettleAsync();
            Examine();
            if (_client is not { } client) return;
            Read(client.Read());
            if (client.Close is null) return;
            Assert.Equal(Protocol.CloseReason.Undelivered, client.Close.Reason);
            _client = null;
            await client.CutAsync();
        }

        /// <summary>What was handed over since: new numbers rise, and known ones are marked. A restarted process knows none.</summary>
        private void Examine()
        {
            var taken = _sink.Taken.ToArray();
            foreach (var (message, _) in taken.Skip(_examined))
            {
                var number = message.Number!.Value;
                if (number > _highestHanded) _highestHanded = number;
                else Assert.True(message.IsRedelivered, $"{number} was handed over again without a mark.");
                Assert.True(_everHanded.Add(number) || message.IsRedelivered, $"{number} was handed over by an earlier process, and is not marked.");
                _open.Add(number);
            }

            _examined = taken.Length;
        }

        private void Read(AckClient client)
        {
            foreach (var number in client.Acks) Acknowledge(number);
        }

        private void Acknowledge(long number)
        {
            for (var n = _acknowledged + 1; n <= number; n++) Assert.Contains(n, _settled);
            _acknowledged = Math.Max(_acknowledged, number);
        }
    }
}
