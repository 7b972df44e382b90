using System.Text;
using HeartbeatGateway.Redis.Directory;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests.Directory;

/// <summary>What Redis keeps for a client is given to it, and is removed only then.</summary>
public sealed class KeptTests : RedisTest
{
    private const string Id = "device-1";
    private static readonly int Partition = RedisKeys.PartitionOf(Id);

    [Fact]
    public async Task A_lost_answer_to_a_hello_loses_nothing_that_is_kept()
    {
        var a = await StartNodeAsync("a");
        await KeepAsync();
        var lost = 0;
        a.Directory.Calls.Run = async run =>
        {
            var answer = await run();
            if (Interlocked.Increment(ref lost) == 1) throw new TimeoutException("The answer is lost.");
            return answer;
        };
        var hello = TestNode.Hello(Id);
        var entry = await a.Cluster.EnterAsync(hello);
        Assert.Equal(ClusterEntryKind.Degraded, entry.Kind);
        a.Welcome(hello, entry);
        await UntilAsync(() => !a.Table.Given.IsEmpty);
        await NothingIsKeptAsync();
        Assert.Equal([(Id, "state", "message")], a.Table.Given.Select(g => (g.Id, g.Delivery, string.Join(',', g.Held))));
    }

    [Fact]
    public async Task A_lost_answer_to_a_restore_loses_nothing_that_is_kept()
    {
        var a = await StartNodeAsync("a");
        await a.ConnectAsync(Id);
        await KeepAsync();
        a.Directory.Calls.Run = async run =>
        {
            await run();
            throw new TimeoutException("The answer is lost.");
        };
        var member = new TimedMember(a.Table.Find(Id)!, TimeProvider.System.GetTimestamp());
        await Assert.ThrowsAsync<TimeoutException>(() => a.Directory.Restorer.RestoreAsync(Partition, [member]));
        a.Directory.Calls.Run = run => run();
        Assert.DoesNotContain(a.Table.Given, g => g.Held.Length > 0);
        await a.Directory.Restorer.RestoreAsync(Partition, [member]);
        Assert.Equal(["message"], a.Table.Given.SelectMany(g => g.Held));
        Assert.Equal(["state"], a.Table.Given.Select(g => g.Delivery).Where(d => d.Length > 0));
        await NothingIsKeptAsync();
    }

    [Fact]
    public async Task What_could_not_be_removed_is_not_given_twice_and_is_removed_later()
    {
        var a = await StartNodeAsync("a");
        await KeepAsync();
        var calls = 0;
        a.Directory.Calls.Run = run => Interlocked.Increment(ref calls) == 2 ? throw new TimeoutException("The removal is lost.") : run();
        var entry = await a.ConnectAsync(Id);
        Assert.Equal(("state", "message"), (Text(entry.Kept.Delivery), Text(entry.Kept.Held.Single().Message)));
        await UntilAsync(() => Volatile.Read(ref calls) == 2);
        Assert.True(await Database.KeyExistsAsync(Keys.Held(Partition, Id)));
        await a.Directory.Restorer.RestoreAsync(Partition, [new TimedMember(a.Table.Find(Id)!, TimeProvider.System.GetTimestamp())]);
        await NothingIsKeptAsync();
        Assert.DoesNotContain(a.Table.Given, g => g.Held.Length > 0 || g.Delivery.Length > 0);
    }

    [Fact]
    public async Task A_message_that_came_while_others_were_taken_stays()
    {
        var a = await StartNodeAsync("a");
        await KeepAsync();
        a.Directory.Calls.Run = async run =>
        {
            var answer = await run();
            // Between the answer to the hello and the removal.
            a.Directory.Calls.Run = again => again();
            await Database.ListRightPushAsync(Keys.Held(Partition, Id), $"{Now + 60_000}:second");
            return answer;
        };
        Assert.Equal("message", Text((await a.ConnectAsync(Id)).Kept.Held.Single().Message));
        await UntilAsync(async () => await Database.ListLengthAsync(Keys.Held(Partition, Id)) == 1);
        Assert.InRange((await Database.KeyTimeToLiveAsync(Keys.Held(Partition, Id)))!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        await a.Directory.Restorer.RestoreAsync(Partition, [new TimedMember(a.Table.Find(Id)!, TimeProvider.System.GetTimestamp())]);
        Assert.Equal(["second"], a.Table.Given.SelectMany(g => g.Held));
        await NothingIsKeptAsync();
    }

    [Fact]
    public async Task What_another_program_has_written_stops_no_batch()
    {
        var a = await StartNodeAsync("a");
        await Database.ListRightPushAsync(Keys.Held(Partition, Id), ["9000000000000000000:far", "no end", $"{Now + 60_000}:message"]);
        await Database.StringSetAsync(Keys.Delivery(Partition, Id), "no generation");
        var kept = (await a.ConnectAsync(Id)).Kept;
        Assert.Equal(["far", "message"], kept.Held.Select(h => Text(h.Message)));
        Assert.Equal(TimeSpan.FromDays(1), kept.Held[0].TimeLeft);
        Assert.Equal(("no generation", TimeSpan.FromDays(1)), (Text(kept.Delivery), kept.DeliveryAge));
        await NothingIsKeptAsync();
    }

    [Fact]
    public async Task The_time_in_Redis_counts()
    {
        var a = await StartNodeAsync("a");
        await Database.ListRightPushAsync(Keys.Held(Partition, Id), $"{Now + 20_000}:message");
        await Database.StringSetAsync(Keys.Delivery(Partition, Id), $"7:{Now - 60_000}:state");
        var kept = (await a.ConnectAsync(Id)).Kept;
        Assert.Equal(("state", "message"), (Text(kept.Delivery), Text(kept.Held.Single().Message)));
        Assert.InRange(kept.DeliveryAge, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(80));
        Assert.InRange(kept.Held.Single().TimeLeft, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task What_an_older_connection_left_does_not_replace_what_a_later_one_left()
    {
        var a = await StartNodeAsync("a");
        a.Cluster.Leave(Departure(generation: 20, "later"));
        await UntilAsync(() => a.Directory.Leaver.IsIdle);
        a.Cluster.Leave(Departure(generation: 10, "older"));
        await UntilAsync(() => a.Directory.Leaver.IsIdle);
        Assert.Equal("later", Text((await a.ConnectAsync(Id)).Kept.Delivery));
    }

    [Fact]
    public async Task What_a_connection_left_reaches_the_client_at_the_node_where_it_is_by_now()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        await a.ConnectAsync(Id);
        var old = a.Table.Find(Id)!;
        await b.ConnectAsync(Id);
        a.Cluster.Leave(Departure(old.Generation, "late"));
        await UntilAsync(() => !b.Table.Given.IsEmpty);
        Assert.Equal("late", b.Table.Given.Single().Delivery);
        await NothingIsKeptAsync();
    }

    [Fact]
    public async Task An_answer_to_a_takeover_that_is_lost_loses_nothing()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b", o => o with { EnterTimeout = TimeSpan.FromSeconds(2) }));
        await a.ConnectAsync(Id);
        a.Table.Unacknowledged[Id] = "state";
        Network.LosesAnswer = verb => verb == Takeovers.Verb;
        Assert.True((await b.ConnectAsync(Id)).Kept.IsEmpty);
        await UntilAsync(() => !b.Table.Given.IsEmpty);
        Assert.Equal("state", b.Table.Given.First().Delivery);
        Network.LosesAnswer = _ => false;
        await UntilAsync(() => b.Directory.Repeated.Count == 0);
        await NothingIsKeptAsync();
        Assert.Single(b.Table.Given);
    }

    [Fact]
    public async Task Departures_with_messages_wait_for_Redis_as_long_as_the_messages_live()
    {
        var a = await StartNodeAsync("a");
        var clock = new TestClock();
        using var meters = new TestMeterFactory();
        var metrics = new DirectoryMetrics(meters, () => false, () => 0, clock);
        var batches = new ScriptBatches(a.Directory.Calls, metrics, new RedisClock(clock), new BootMarkers(NullLogger.Instance), clock);
        using var leaver = new Leaver(
            new LeaveBatch(batches, Keys, a.Directory.Node, new RedisOptions { Configuration = "", NodeName = "a" }, clock), new UnclaimedMembers(), metrics, clock,
            NullLogger.Instance);
        a.Directory.Calls.Run = _ => throw new TimeoutException("Redis is away.");
        leaver.Add(Departure(generation: 10, "state"));
        leaver.Add(Departure(generation: 10, "") with { Member = new ClusterMember("device-2", 10, "0") { Session = "" } });
        await UntilAsync(() => leaver.IsIdle && leaver.Unsent == 2);
        clock.Advance(TimeSpan.FromMinutes(4));
        a.Directory.Calls.Run = run => run();
        leaver.SendAgain();
        await UntilAsync(async () => leaver.IsIdle && await Database.KeyExistsAsync(Keys.Delivery(Partition, Id)));
        Assert.InRange((await Database.KeyTimeToLiveAsync(Keys.Delivery(Partition, Id)))!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        // The time that it has waited counts.
        Assert.InRange((await a.ConnectAsync(Id)).Kept.DeliveryAge, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));

        // Their bytes are bounded.
        a.Directory.Calls.Run = _ => throw new TimeoutException("Redis is away.");
        var state = new byte[1024 * 1024];
        for (var i = 0; i < 70; i++) leaver.Add(Departure(generation: 10, "") with { Delivery = state });
        await UntilAsync(() => leaver.IsIdle);
        Assert.Equal(Leaver.MaxUnsentBytes / state.Length, leaver.Unsent);
    }

    [Fact]
    public async Task A_node_that_stops_sends_what_could_not_be_sent()
    {
        var (a, b) = (Make("a"), await StartNodeAsync("b"));
        await a.StartAsync();
        await a.ConnectAsync(Id);
        a.Table.Unacknowledged[Id] = "state";
        a.Directory.Calls.Run = _ => throw new TimeoutException("The call is lost.");
        a.Table.Remove(Id);
        await UntilAsync(() => a.Directory.Leaver is { IsIdle: true, Unsent: 1 });
        a.Directory.Calls.Run = run => run();
        await a.Cluster.DisposeAsync();
        Assert.Null(await b.FindAsync(Id));
        Assert.Equal("state", Text((await b.ConnectAsync(Id)).Kept.Delivery));
    }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static ClusterDeparture Departure(long generation, string state) =>
        new(new ClusterMember(Id, generation, "0") { Session = "" }, "peer_closed") { Delivery = Encoding.UTF8.GetBytes(state), KeepDeliveryFor = TimeSpan.FromMinutes(5) };

    private async Task KeepAsync()
    {
        // Not by a node, which would tell the node of the client.
        await Database.ListRightPushAsync(Keys.Held(Partition, Id), $"{Now + 60_000}:message");
        await Database.KeyExpireAsync(Keys.Held(Partition, Id), TimeSpan.FromMinutes(1));
        await Database.StringSetAsync(Keys.Delivery(Partition, Id), $"7:{Now}:state", TimeSpan.FromMinutes(1));
    }

    private Task NothingIsKeptAsync() => UntilAsync(
        async () => !await Database.KeyExistsAsync(Keys.Held(Partition, Id)) && !await Database.KeyExistsAsync(Keys.Delivery(Partition, Id)));
}
