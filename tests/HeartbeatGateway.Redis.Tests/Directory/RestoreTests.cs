using HeartbeatGateway.Protocol;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Tests.Directory;

/// <summary>Which of two connections of one client Restore keeps.</summary>
public sealed class RestoreTests : RedisTest
{
    private const string Id = "device-1";
    private TestNode _a = null!;
    private TestNode _b = null!;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_higher_attempt_of_the_same_instance_wins_whatever_its_age(bool isFirstRestored)
    {
        await StartAsync();
        var winner = Add(_a, generation: 10, age: 60, "same", attempt: 7);
        var loser = Add(_b, generation: 20, age: 1, "same", attempt: 6);
        await RestoreAsync(isFirstRestored, (_a, winner), (_b, loser));
        await ExpectAsync(_a, winner, _b);
    }

    [Theory]
    [InlineData(true, "x", "y")]
    [InlineData(false, "x", "y")]
    [InlineData(true, null, null)]
    [InlineData(false, null, null)]
    [InlineData(true, "same", "same")]
    [InlineData(false, "same", "same")]
    public async Task The_later_connect_time_wins_otherwise(bool isFirstRestored, string? instance, string? other)
    {
        await StartAsync();
        var winner = Add(_a, generation: 10, age: 5, instance, attempt: 3);
        var loser = Add(_b, generation: 20, age: 6, other, attempt: 3);
        await RestoreAsync(isFirstRestored, (_a, winner), (_b, loser));
        await ExpectAsync(_a, winner, _b);
        // The next generation is above both.
        await Database.KeyDeleteAsync(Keys.Ended(RedisKeys.PartitionOf(Id), Id));
        Assert.True((await _b.ConnectAsync(TestNode.Hello(Id))).Generation > 20);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_client_that_moves_between_two_degraded_nodes_is_where_it_connected_last_with_clocks_an_hour_apart(int hours)
    {
        await StartAsync(new OffsetClock(TimeSpan.FromHours(hours)), TestNode.Quick);
        await Redis.KillAsync();
        await UntilAsync(() => _a.Cluster.IsDegraded && _b.Cluster.IsDegraded);
        Assert.Equal(ClusterEntryKind.Degraded, (await _a.ConnectAsync(Id, "same", 1)).Kind);
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        Assert.Equal(ClusterEntryKind.Degraded, (await _b.ConnectAsync(Id, "other", 1)).Kind);
        var (loser, winner) = (_a.Table.Find(Id)!, _b.Table.Find(Id)!);
        await Redis.StartAgainAsync();
        await UntilAsync(() => !_a.Table.Closed.IsEmpty);
        Assert.Equal([(Id, CloseReason.Replaced, true)], _a.Table.Closed);
        Assert.Empty(_b.Table.Closed);
        await UntilAsync(async () => (await _b.FindAsync(Id))?.Generation == winner.Generation);
        Assert.True((await (await StartNodeAsync("c")).ConnectAsync(Id)).Generation > Math.Max(loser.Generation, winner.Generation));
    }

    [Fact]
    public async Task A_late_generation_is_replaced_by_that_of_the_welcome()
    {
        await StartAsync();
        var hello = TestNode.Hello(Id, fingerprint: "f");
        var entry = await _a.Cluster.EnterAsync(hello);
        Assert.Equal(ClusterEntryKind.Entered, entry.Kind);
        // The engine has welcomed it degraded: the claim is the connection's own.
        var member = _a.Welcome(hello, new ClusterEntry(ClusterEntryKind.Degraded))!;
        await UntilAsync(async () => (await _b.FindAsync(Id))!.Generation == member.Generation);
        Assert.Empty(_a.Table.Closed);
        await UntilAsync(() => !_a.Table.Given.IsEmpty);
        Assert.Empty(_a.Table.Given.Single().Held);
        Assert.Equal(0, _a.Metrics.Read("heartbeatgateway.cluster.replays"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_enter_that_Redis_runs_when_nobody_waits_for_it_enters_nothing(bool hasAnswered)
    {
        var a = await StartNodeAsync("a", o => o with { EnterTimeout = TimeSpan.FromMilliseconds(250), CallTimeout = TimeSpan.FromSeconds(1) });
        var b = await StartNodeAsync("b");
        // By the answer to a departure the node knows the clock of the partition, or that of another one.
        var departed = hasAnswered ? Id : Enumerable.Range(0, 100).Select(i => $"pump-{i}").First(id => RedisKeys.PartitionOf(id) != RedisKeys.PartitionOf(Id));
        a.Cluster.Leave(new ClusterDeparture(new ClusterMember(departed, 1, "0") { Session = "" }, "peer_closed"));
        await b.ConnectAsync(Id);
        await UntilAsync(() => a.Directory.Leaver.IsIdle);
        Redis.Stop();
        Assert.Equal(ClusterEntryKind.Degraded, (await a.Cluster.EnterAsync(TestNode.Hello(Id, fingerprint: "late"))).Kind);
        await UntilAsync(() => a.Directory.Health.IsDown);
        Redis.Continue();
        // Of one connection Redis does one after the other, so the late command is done when this is answered.
        await UntilAsync(async () =>
        {
            try
            {
                return await a.FindAsync(Id) is not null;
            }
            catch (ClusterUnavailableException)
            {
                return false;
            }
        });
        Assert.Equal(b.Cluster.Self.Epoch, (await b.FindAsync(Id))!.Epoch);
        Assert.Equal(["connected b"], await EventsAsync(Id));
        Assert.False(await Database.KeyExistsAsync(Keys.Claim(RedisKeys.PartitionOf(Id), "late")));
        Assert.Empty(b.Table.Closed);
    }

    [Fact]
    public async Task An_entry_that_was_made_late_does_not_outlive_a_connection_that_came_later()
    {
        await StartAsync();
        // The hello of an hour ago was entered now; meanwhile its node has welcomed it with another generation.
        var hello = TestNode.Hello(Id);
        await _a.Cluster.EnterAsync(hello);
        var older = new ClusterMember(Id, 10, hello.ConnectionId) { Session = hello.NewSession, ConnectedFor = TimeSpan.FromHours(1) };
        _a.Table.Add(older);
        await RestoreAsync(true, (_a, older));
        var winner = Add(_b, generation: 20, age: 60, "other");
        await RestoreAsync(true, (_b, winner));
        await ExpectAsync(_b, winner, _a);
    }

    [Fact]
    public async Task A_client_whose_departure_reached_Redis_before_its_entry_leaves_no_entry()
    {
        await StartAsync();
        var member = Add(_a, generation: 10, age: 5, "x");
        _a.Table.Remove(Id);
        await UntilAsync(() => _a.Directory.Leaver.IsIdle);
        await RestoreAsync(true, (_a, member));
        await UntilAsync(async () => await _b.FindAsync(Id) is null);
        Assert.Equal(["connected a", "disconnected a"], await EventsAsync(Id));
        Assert.True((await _b.ConnectAsync(Id)).Previous is { WasConnected: false, Session: var session } && session == member.Session);
    }

    [Fact]
    public async Task Gives_what_was_held_to_a_client_that_is_claimed_later()
    {
        await StartAsync();
        await _b.Cluster.HoldAsync(Id, "message"u8.ToArray(), TimeSpan.FromMinutes(1), default);
        _a.Welcome(TestNode.Hello(Id, fingerprint: "f"), new ClusterEntry(ClusterEntryKind.Degraded));
        await UntilAsync(() => !_a.Table.Given.IsEmpty);
        Assert.Equal(["message"], _a.Table.Given.Single().Held);
    }

    [Fact]
    public async Task The_loser_gives_what_is_not_acknowledged_to_the_winner()
    {
        await StartAsync();
        await _a.ConnectAsync(Id, "x");
        _a.Table.Unacknowledged[Id] = "state";
        var winner = Add(_b, generation: 10, age: -1, "y");
        _b.Cluster.Restore(winner);
        await UntilAsync(() => !_b.Table.Given.IsEmpty);
        Assert.Equal("state", _b.Table.Given.Single().Delivery);
        Assert.Equal([(Id, CloseReason.Replaced, true)], _a.Table.Closed);
    }

    [Fact]
    public async Task Changes_nothing_and_tells_nothing_when_the_entry_is_right()
    {
        await StartAsync();
        await _a.ConnectAsync(Id, "same", 1);
        for (var i = 0; i < 3; i++) Assert.Equal((1, 0, 0), await _a.Directory.Restorer.RestoreAllAsync(TimeSpan.Zero));
        Assert.Equal(["connected a"], await EventsAsync(Id));
        Assert.Empty(_a.Table.Given);
    }

    [Fact]
    public async Task One_id_that_flaps_between_two_nodes_ends_at_one_connection()
    {
        await StartAsync();
        for (var i = 0; i < 50; i++)
        {
            await Task.WhenAll(_a.ConnectAsync(Id, "same", i), _b.ConnectAsync(Id, "same", i));
            await _a.ConnectAsync(Id, "same", i);
        }

        await UntilAsync(async () =>
        {
            foreach (var node in (TestNode[])[_a, _b]) await node.Directory.Restorer.RestoreAllAsync(TimeSpan.Zero);
            return _a.Table.Count + _b.Table.Count == 1;
        });
        var owner = _a.Table.Count == 1 ? _a : _b;
        await UntilAsync(() => _a.Directory.Leaver.IsIdle && _b.Directory.Leaver.IsIdle);
        var found = await _a.FindAsync(Id);
        Assert.Equal((owner.Cluster.Self.Epoch, owner.Table.Find(Id)!.Generation), (found?.Epoch, found?.Generation));
        Assert.Equal(1, await CountAsync());
    }

    private async Task StartAsync(TimeProvider? clock = null, Func<RedisOptions, RedisOptions>? options = null) =>
        (_a, _b) = (await StartNodeAsync("a", options, clock), await StartNodeAsync("b", options));

    private static ClusterMember Add(TestNode node, long generation, int age, string? instance, long attempt = -1)
    {
        var member = new ClusterMember(Id, generation, $"{generation}")
        {
            Session = Guid.NewGuid().ToString("N"),
            ConnectedFor = TimeSpan.FromSeconds(age),
            Instance = instance,
            Attempt = attempt,
        };
        node.Table.Add(member);
        return member;
    }

    private static async Task RestoreAsync(bool isInOrder, params (TestNode Node, ClusterMember Member)[] members)
    {
        foreach (var (node, member) in isInOrder ? members : members.Reverse())
        {
            await node.Directory.Restorer.RestoreAsync(RedisKeys.PartitionOf(Id), [new(member, TimeProvider.System.GetTimestamp())]);
        }
    }

    private static async Task ExpectAsync(TestNode winner, ClusterMember member, TestNode loser)
    {
        await UntilAsync(() => !loser.Table.Closed.IsEmpty);
        Assert.Equal([(Id, CloseReason.Replaced, true)], loser.Table.Closed);
        Assert.Empty(winner.Table.Closed);
        await UntilAsync(() => loser.Directory.Leaver.IsIdle);
        var found = await winner.FindAsync(Id);
        Assert.Equal((member.Generation, winner.Cluster.Self.Epoch), (found!.Generation, found.Epoch));
    }

    private sealed class OffsetClock(TimeSpan offset) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
    }
}
