using CsCheck;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Tests.Clients;

public sealed class AddressReconnectTrackerTests
{
    private static readonly AddressKey Home = new(1, AddressKey.Kind.V4);
    private static readonly AddressKey Elsewhere = new(2, AddressKey.Kind.V4);

    [Fact]
    public void Who_comes_back_within_the_window_is_recognised_once()
    {
        var history = new AddressReconnectTracker(300, 100);
        Assert.Null(history.Connected(Home, 10, out _));
        Assert.Null(history.Ended(Home, 20, 27));
        Assert.Null(history.Connected(Elsewhere, 29, out _));
        Assert.Equal(20, history.Connected(Home, 30, out _));
        Assert.Null(history.Connected(Home, 31, out _));
    }

    [Fact]
    public void The_window_counts_from_the_end_and_includes_its_last_moment()
    {
        var history = new AddressReconnectTracker(300, 100);
        history.Connected(Home, 0, out _);
        history.Connected(Elsewhere, 1, out _);
        history.Ended(Elsewhere, 5, 11);
        history.Ended(Home, 5, 12);
        Assert.Equal(5, history.Connected(Home, 312, out _));
        Assert.Null(history.Connected(Elsewhere, 312, out _));
    }

    [Fact]
    public void A_power_cycled_device_is_recognised_when_its_old_connection_is_found_dead()
    {
        var history = new AddressReconnectTracker(300, 100);
        history.Connected(Home, 10, out _);
        Assert.Null(history.Connected(Home, 22, out _));
        Assert.Equal(22, history.Ended(Home, 20, 27));
        // Its new connection ends in turn: that end is free to be matched.
        Assert.Null(history.Ended(Home, 40, 47));
        Assert.Equal(40, history.Connected(Home, 50, out _));
    }

    [Fact]
    public void A_connection_that_began_before_the_ended_one_fell_silent_is_another_client()
    {
        var history = new AddressReconnectTracker(300, 100);
        history.Connected(Home, 10, out _);
        history.Connected(Home, 15, out _);
        Assert.Null(history.Ended(Home, 20, 27));
    }

    [Fact]
    public void Of_several_ends_the_most_recent_is_the_likeliest()
    {
        var history = new AddressReconnectTracker(300, 100);
        history.Connected(Home, 1, out _);
        history.Connected(Home, 2, out _);
        history.Ended(Home, 100, 107);
        history.Ended(Home, 50, 110);
        Assert.Equal(100, history.Connected(Home, 120, out _));
        Assert.Equal(50, history.Connected(Home, 121, out _));
        Assert.Null(history.Connected(Home, 122, out _));
    }

    [Fact]
    public void What_is_remembered_is_bounded_and_the_oldest_goes_first()
    {
        var history = new AddressReconnectTracker(1_000_000, 10);
        for (var i = 0; i < 1000; i++)
        {
            var key = new AddressKey((ulong)i, AddressKey.Kind.V4);
            history.Connected(key, i, out _);
            history.Ended(key, i, i);
        }

        Assert.Equal(10, history.Count);
        Assert.Equal(999, history.Connected(new AddressKey(999, AddressKey.Kind.V4), 2000, out _));
        Assert.Null(history.Connected(new AddressKey(0, AddressKey.Kind.V4), 2000, out _));
    }

    [Fact]
    public void Nothing_is_kept_of_addresses_that_are_gone()
    {
        var history = new AddressReconnectTracker(300, 100);
        for (var i = 0; i < 50; i++)
        {
            history.Connected(Home, 1000 * i, out _);
            history.Ended(Home, (1000 * i) + 1, (1000 * i) + 2);
        }

        history.Connected(Elsewhere, 1_000_000, out _);
        Assert.Equal(1, history.Count);
    }

    /// <summary>
    /// Against a search through all assignments: there are never more reconnects than pairs of an end and a later first frame, each
    /// used once, and where every end is noticed before the next client comes there are exactly as many.
    /// </summary>
    [Fact]
    public void Reconnects_are_as_many_as_ends_can_be_matched_with_later_first_frames()
    {
        var life = Gen.Select(Gen.Int[0, 30], Gen.Int[0, 10], Gen.Int[0, 10], (begin, length, delay) => (First: begin, Last: begin + length, Noticed: begin + length + delay));
        life.List[1, 7].Sample(lives =>
        {
            var history = new AddressReconnectTracker(10_000, 10_000);
            var events = lives.SelectMany(l => new[] { (At: l.First, IsEnd: false, Life: l), (At: l.Noticed, IsEnd: true, Life: l) })
                .OrderBy(e => e.At).ThenBy(e => e.IsEnd).ToList();
            var counted = events.Count(e => (e.IsEnd ? history.Ended(Home, e.Life.Last, e.At) : history.Connected(Home, e.Life.First, out _)) is not null);
            var possible = Matching([.. lives.Select(l => l.Last)], [.. lives.Select(l => l.First)]);
            return lives.All(l => l.Last == l.Noticed) ? counted == possible : counted <= possible;
        });
    }

    private static int Matching(IReadOnlyList<int> ends, IReadOnlyList<int> frames) => ends.Count == 0
        ? 0
        : Enumerable.Range(0, frames.Count).Where(i => frames[i] > ends[0])
            .Select(i => 1 + Matching([.. ends.Skip(1)], [.. frames.Where((_, j) => j != i)]))
            .Append(Matching([.. ends.Skip(1)], frames)).Max();
}
