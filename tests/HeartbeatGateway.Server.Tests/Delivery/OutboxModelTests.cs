using CsCheck;
using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>
/// Whatever happens to the connections of two clients: no message is lost within its time, none arrives in a wrong order or with another number, each has
/// one result, and no bound is exceeded.
/// </summary>
public sealed class OutboxModelTests
{
    private const int MaxMessages = 6;
    private const int MaxBytes = 6 * 1024;
    private const int MaxTotalBytes = 8 * 1024;
    private const int MaxPendingBytes = 4096;

    private enum Step
    {
        Send,
        SendForLater,
        SendLarge,
        Read,
        ReadAndAcknowledge,
        AcknowledgeTooMuch,
        Cut,
        Reconnect,
        TakeOver,
        Pass,
        PassWithoutSweep,
    }

    private static readonly Gen<(Step Step, int Client, int Amount)[]> Runs =
        Gen.Select(Gen.Int[0, 10].Select(step => (Step)step), Gen.Int[0, 1], Gen.Int[1, 20]).Array[1, 120];

    [Fact]
    public void Messages_arrive_in_order_within_their_time_and_have_one_result() => Runs.Sample(
        run =>
        {
            using var bench = new OutboxBench(o =>
            {
                o.Outbound.MaxPendingBytes = MaxPendingBytes;
                (o.Messages.MaxHeldMessages, o.Messages.MaxHeldBytes, o.Messages.MaxHeldTotalBytes) = (MaxMessages, MaxBytes, MaxTotalBytes);
                o.Messages.KeepUnacknowledged = TimeSpan.FromSeconds(10);
            });
            Player[] players = [new(bench, "pump-0"), new(bench, "pump-1")];
            foreach (var (step, client, amount) in run)
            {
                Do(bench, players[client], step, amount);
                var total = players.Sum(p => p.CheckBounds());
                Assert.True(bench.Engine.Outboxes.Bytes == total && total <= MaxTotalBytes);
            }

            // Everything that is still kept arrives, once the clients are back.
            foreach (var player in players) player.Finish();
            var events = bench.EventsAsync().GetAwaiter().GetResult();
            foreach (var player in players) player.CheckResults([.. events.Where(e => e.ClientId == player.ClientId)]);
            Assert.Equal((0, 0), (bench.Engine.Outboxes.Bytes, bench.Engine.Outboxes.Messages));
        },
        iter: 3000,
        threads: 1);

    private static void Do(OutboxBench bench, Player player, Step step, int amount)
    {
        switch (step)
        {
            case Step.Send:
                player.Send(null, "");
                break;
            case Step.SendForLater:
                player.Send(TimeSpan.FromSeconds(amount), "");
                break;
            case Step.SendLarge:
                player.Send(TimeSpan.FromSeconds(amount), new string('x', amount * 100));
                break;
            case Step.Read:
                player.Read(amount);
                break;
            case Step.ReadAndAcknowledge:
                player.Read(amount);
                player.Acknowledge();
                break;
            case Step.AcknowledgeTooMuch:
                player.AcknowledgeTooMuch();
                break;
            case Step.Cut:
                player.Cut();
                break;
            case Step.Reconnect:
                player.Cut();
                player.Connect();
                break;
            case Step.TakeOver:
                player.Connect();
                break;
            case Step.Pass:
                bench.Advance(TimeSpan.FromSeconds(amount));
                break;
            case Step.PassWithoutSweep:
                bench.Gateway.Time.Advance(TimeSpan.FromSeconds(amount));
                break;
        }
    }

    /// <summary>A client, those who send to it, and what both know.</summary>
    private sealed class Player(OutboxBench bench, string clientId)
    {
        private readonly List<(MessageDelivery Delivery, string Content, DateTimeOffset Deadline, int Bytes)> _taken = [];
        private readonly Dictionary<string, long> _numbers = [];
        private readonly List<string> _received = [];
        private FakeDeliveryConnection? _connection;
        private int _sentSeen;
        private long _last;
        private int _count;

        public string ClientId => clientId;

        private Outbox Outbox => bench.OutboxOf(clientId);

        public void Send(TimeSpan? ttl, string padding)
        {
            var content = $"{++_count}{padding}";
            var wasConnected = _connection is not null;
            var delivery = bench.Deliver(content, ttl, clientId);
            if (delivery.Result is DeliveryResult.Slow or DeliveryResult.Gone)
            {
                Assert.True(delivery.Result == DeliveryResult.Slow || (!wasConnected && ttl is null));
                return;
            }

            Assert.Equal(wasConnected ? DeliveryResult.Queued : DeliveryResult.Held, delivery.Result);
            _taken.Add((delivery, content, bench.Gateway.Time.GetUtcNow() + (ttl ?? TimeSpan.FromSeconds(10)), OutgoingMessage.Overhead + 5 + content.Length));
        }

        public void Read(int frames)
        {
            for (; frames > 0 && _connection?.Read() is { } frame; frames--)
            {
                // A duplicate is dropped, a gap accepted.
                if (frame.Number <= _last) continue;
                _last = frame.Number;
                _received.Add(frame.Content);
            }
        }

        public void Acknowledge()
        {
            if (_connection is { } connection) Outbox.Acknowledge(connection, _last);
        }

        public void AcknowledgeTooMuch()
        {
            if (_connection is { } connection) Outbox.Acknowledge(connection, _numbers.Count + 1_000);
        }

        public void Cut()
        {
            if (_connection is not { } connection) return;
            connection.HasEnded = true;
            Outbox.Detach(connection);
            (_connection, _sentSeen) = (null, 0);
        }

        public void Connect()
        {
            var old = _connection;
            (_connection, _sentSeen) = (bench.Connection(), 0);
            Outbox.Attach(_connection, _last);
            if (old is null) return;
            old.HasEnded = true;
            Outbox.Detach(old);
        }

        /// <returns>The bytes that are kept.</returns>
        public int CheckBounds()
        {
            var kept = _taken.Where(t => !t.Delivery.IsSettled).ToList();
            Assert.True(kept.Count <= MaxMessages && kept.Sum(t => t.Bytes) <= MaxBytes);
            if (_connection is { } connection)
            {
                Assert.True(connection.MostPendingBefore <= MaxPendingBytes / 2);
                // Numbers rise on each connection, and a message has the same one on all.
                for (; _sentSeen < connection.Sent.Count; _sentSeen++)
                {
                    var (number, content) = connection.Sent[_sentSeen];
                    if (_sentSeen > 0) Assert.True(number > connection.Sent[_sentSeen - 1].Number);
                    if (!_numbers.TryAdd(content, number)) Assert.Equal(_numbers[content], number);
                }
            }

            return kept.Sum(t => t.Bytes);
        }

        public void Finish()
        {
            Connect();
            while (!Outbox.IsEmpty)
            {
                var before = (_received.Count, _connection!.Sent.Count);
                Read(int.MaxValue);
                Acknowledge();
                CheckBounds();
                Assert.True(Outbox.IsEmpty || before != (_received.Count, _connection.Sent.Count), "Nothing moves any more.");
            }

            bench.Engine.Outboxes.Sweep();
        }

        public void CheckResults(IReadOnlyList<DeliveryEvent> events)
        {
            // In the order of the calls, without repetition.
            var order = _received.Select(content => _taken.FindIndex(t => t.Content == content)).ToList();
            Assert.DoesNotContain(-1, order);
            Assert.Equal(order.Distinct().Order(), order);
            Assert.Equal(_taken.Count, events.Count);
            foreach (var (delivery, content, deadline, _) in _taken)
            {
                var end = Assert.Single(events, e => e.MessageId == delivery.MessageId);
                Assert.Equal(delivery.Result, end.Result);
                Assert.True(delivery.IsSettled && delivery.Settled.IsCompletedSuccessfully);
                if (end.Result == DeliveryResult.Delivered) Assert.Contains(content, _received);
                else Assert.True(end.Result == DeliveryResult.Expired && end.Time >= deadline, $"{content} is {end.Result} at {end.Time}, before {deadline}");
            }
        }
    }
}
