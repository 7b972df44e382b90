using HeartbeatGateway.Redis.Streams;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests.Streams;

public sealed class EventCursorTests
{
    [Theory]
    [InlineData("5-3", "5-2")]
    [InlineData("5-0", "4-18446744073709551615")]
    public void Begins_a_read_with_the_entry_that_was_read_last(string last, string position)
    {
        var cursor = new EventCursor(0, "k");
        Assert.Equal("0-0", cursor.Position.Position);
        cursor.Begin([Entry(last)]);
        Assert.Equal(position, cursor.Position.Position);
    }

    [Fact]
    public void Nothing_is_lost_while_the_last_entry_is_there()
    {
        var cursor = new EventCursor(0, "k");
        cursor.Begin([Entry("5-1")]);
        Assert.Empty(cursor.Take([Entry("5-1")], out var lost));
        Assert.Null(lost);
        Assert.Equal(["6-0", "7-0"], cursor.Take([Entry("5-1"), Entry("6-0"), Entry("7-0")], out lost).Select(e => (string)e.Id!));
        Assert.Null(lost);
    }

    [Fact]
    public void Without_the_last_entry_those_behind_it_may_be_lost()
    {
        var cursor = new EventCursor(0, "k");
        cursor.Begin([Entry("5-1")]);
        Assert.Equal(["9-0"], cursor.Take([Entry("9-0")], out var lost).Select(e => (string)e.Id!));
        Assert.NotNull(lost);
        Assert.Empty(cursor.Take([], out lost));
        Assert.NotNull(lost);
        // The new server's clock is behind: all of its entries are new.
        Assert.Equal(["2-0"], cursor.Take([Entry("2-0")], out lost).Select(e => (string)e.Id!));
        Assert.Null(lost);
    }

    private static StreamEntry Entry(string id) => new(id, []);
}
