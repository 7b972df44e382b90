using CsCheck;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Tests.Clients;

public sealed class AddressReconnectTrackerTests
{
    private static readonly AddressKey One = new(1, AddressKey.Kind.V4);
    private static readonly AddressKey Other = new(2, AddressKey.Kind.V4);

    [Fact]
    public void A_reconnect_within_the_window_is_recognised_once()
    {
        var history = new AddressReconnectTracker(300, 100);
        Assert.Null(history.Connected(One, 10, out _));
        Assert.Null(history.Ended(One, 20, 27));
        Assert.Null(history.Connected(Other, 29, out _));
        Assert.Equal(20, history.Connected(One, 30, out _));
        Assert.Null(history.Connected(One, 31, out _));
    }

    [Fact]
    public void The_window_starts_when_the_connection_ends_and_includes_its_last_moment()
    {
        var history = new AddressReconnectTracker(300, 100);
        history.Connected(One, 0, out _);
        history.Connected(Other, 1, out _);
        history.Ended(Other, 5, 11);
        history.Ended(One, 5, 12);
        Assert.Equal(5, history.Connected(One, 312, out _));
        Assert.Null(history.Connected(Other, 312, out _));
    }

    [Fact]
    public void A_power_cycled_device_is_recognised_when_its_old_connection_times_out()
    {
        var history = new AddressReconnectTracker(300, 100);
        history.Connected(One, 10, out _);
        Assert.Null(history.Connected(One, 22, out _));
        Assert.Equal(22, history.Ended(One, 20, 27));
        // The new connection ends too. No first frame has been matched with that end yet.
        Assert.Null(history.Ended(One, 40, 47));
        Assert.Equal(40, history.Connected(One, 50, out _));
    }

    [Fact]
    public void A_connection_that_began_before_the_last_byte_of_the_ended_one_is_another_client()
    {
        var history = new AddressReconnectTracker(300, 100);
        history.Connected(One, 10, out _);
        history.Connected(One, 15, out _);
        Assert.Null(history.Ended(One, 20, 27));
    }

    [Fact]
    public void A_reconnect_is_matched_with_the_most_recent_of_several_ends()
    {
        var history = new AddressReconnectTracker(300, 100);
        history.Connected(One, 1, out _);
        history.Connected(One, 2, out _);
        history.Ended(One, 100, 107);
        history.Ended(One, 50, 110);
        Assert.Equal(100, history.Connected(One, 120, out _));
        Assert.Equal(50, history.Connected(One, 121, out _));
        Assert.Null(history.Connected(One, 122, out _));
    }

    [Fact]
    public void Remembered_ends_are_bounded_and_the_oldest_is_removed_first()
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
    public void Addresses_are_forgotten_after_the_window()
    {
        var history = new AddressReconnectTracker(300, 100);
        for (var i = 0; i < 50; i++)
        {
            history.Connected(One, 1000 * i, out _);
            history.Ended(One, (1000 * i) + 1, (1000 * i) + 2);
        }

        history.Connected(Other, 1_000_000, out _);
        Assert.Equal(1, history.Count);
    }

    /// <summary>
    /// Compares the tracker with a search through all assignments. There are never more reconnects than pairs of an end and a later first
    /// frame, each used once. Where every end is noticed before the next client connects, the two numbers are equal.
    /// </summary>
    [Fact]
    public void Reconnects_never_exceed_the_ends_that_can_be_matched_with_later_first_frames()
    {
        var life = Gen.Select(Gen.Int[0, 30], Gen.Int[0, 10], Gen.Int[0, 10], (begin, length, delay) => (First: begin, Last: begin + length, Noticed: begin + length + delay));
        life.List[1, 7].Sample(lives =>
        {
            var history = new AddressReconnectTracker(10_000, 10_000);
            var events = lives.SelectMany(l => new[] { (At: l.First, IsEnd: false, Life: l), (At: l.Noticed, IsEnd: true, Life: l) })
                .OrderBy(e => e.At).ThenBy(e => e.IsEnd).ToList();
            var counted = events.Count(e => (e.IsEnd ? history.Ended(One, e.Life.Last, e.At) : history.Connected(One, e.Life.First, out _)) is not null);
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
