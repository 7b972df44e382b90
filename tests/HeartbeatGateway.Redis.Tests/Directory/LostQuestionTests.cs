using HeartbeatGateway.Protocol;
using HeartbeatGateway.Redis.Directory;
using HeartbeatGateway.Redis.Tests.Support;

namespace HeartbeatGateway.Redis.Tests.Directory;

/// <summary>Questions between nodes that get no answer are asked again.</summary>
public sealed class LostQuestionTests : RedisTest
{
    private const string Id = "device-1";

    [Fact]
    public async Task A_connection_is_closed_by_its_takeover_when_the_first_questions_were_lost()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        await a.ConnectAsync(Id, "one");
        a.Table.Unacknowledged[Id] = "state";
        var lost = 0;
        Network.Loses = verb => verb == Takeovers.Verb && Interlocked.Increment(ref lost) <= 2;
        Assert.True((await b.ConnectAsync(Id, "two")).Kept.IsEmpty);
        await UntilAsync(() => !a.Table.Closed.IsEmpty);
        // Not by the comparison, whose closes may be retried.
        Assert.Equal([(Id, CloseReason.Replaced, false)], a.Table.Closed);
        Assert.Equal(3, lost);
        await UntilAsync(() => b.Directory.Repeated.Count == 0);
        await UntilAsync(() => !b.Table.Given.IsEmpty);
        Assert.Equal("state", b.Table.Given.Single().Delivery);
        Assert.Equal(b.Cluster.Self.Epoch, (await a.FindAsync(Id))!.Epoch);
    }

    [Fact]
    public async Task A_node_without_a_lease_is_not_asked_again()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        Network.Loses = _ => true;
        for (var i = 0; i < 20; i++) await a.ConnectAsync($"device-{i}");
        for (var i = 0; i < 20; i++) await b.ConnectAsync($"device-{i}");
        Assert.Equal(20, b.Directory.Repeated.Count);
        // One of them each second.
        await UntilAsync(() => Network.Questions.Count >= 22);
        Assert.InRange(Network.Questions.Count, 22, 30);
        await Database.SortedSetRemoveAsync(Keys.Leases, a.Cluster.Self.Epoch);
        await UntilAsync(() => b.Directory.Repeated.Count == 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task The_node_of_a_client_gets_what_another_node_holds_for_it(int losses)
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        await a.ConnectAsync(Id);
        var lost = 0;
        Network.Loses = _ => Interlocked.Increment(ref lost) <= losses;
        Assert.True(await b.Cluster.HoldAsync(Id, "message"u8.ToArray(), TimeSpan.FromMinutes(1), default));
        await UntilAsync(() => !a.Table.Given.IsEmpty);
        Assert.Equal(["message"], a.Table.Given.Single().Held);
        Assert.Equal(losses + 1, Network.Questions.Count(q => q == (a.Cluster.Self.Epoch, HeldNotices.Verb)));
        await UntilAsync(() => b.Directory.Repeated.Count == 0);
    }

    [Fact]
    public async Task The_own_client_gets_what_was_held_before_its_welcome()
    {
        var a = await StartNodeAsync("a");
        var hello = TestNode.Hello(Id);
        var entry = await a.Cluster.EnterAsync(hello);
        Assert.True(await a.Cluster.HoldAsync(Id, "message"u8.ToArray(), TimeSpan.FromMinutes(1), default));
        a.Welcome(hello, entry);
        await UntilAsync(() => !a.Table.Given.IsEmpty);
        Assert.Equal(["message"], a.Table.Given.Single().Held);
        Assert.Empty(Network.Questions);
    }
}
