using System.Collections.Concurrent;
using HeartbeatGateway.Epoll.Tests.Support;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Epoll.Tests;

public sealed class ConnectionSlotsTests : IDisposable
{
    private static readonly ConnectionAbortedException Reason = new("The test ends it.");

    private readonly EpollLoop _loop;

    public ConnectionSlotsTests()
    {
        Wire.SkipUnlessLinux();
        _loop = Transports.MakeLoop();
    }

    public void Dispose() => _loop.Dispose();

    [Fact]
    public void An_old_key_does_not_find_the_next_connection_of_its_slot()
    {
        var first = Add();
        Assert.Same(first, _loop.Connections.Find(first.Key));
        first.Abort(Reason);
        Assert.Null(_loop.Connections.Find(first.Key));
        var second = Add();
        Assert.Equal((uint)first.Key, (uint)second.Key);
        Assert.Null(_loop.Connections.Find(first.Key));
        Assert.Same(second, _loop.Connections.Find(second.Key));
        // Once only: the end of the first does not free the slot of the second.
        _loop.Connections.Remove(first);
        Assert.Same(second, _loop.Connections.Find(second.Key));
        Assert.Equal(1, _loop.Connections.Count);
    }

    [Fact]
    public void Slots_grow_by_pages_and_are_used_again()
    {
        const int Most = 5000;
        var all = Enumerable.Range(0, Most).Select(_ => Add()).ToList();
        Assert.Equal(Most, all.Select(connection => connection.Key).Distinct().Count());
        Assert.All(all, connection => Assert.Same(connection, _loop.Connections.Find(connection.Key)));
        Assert.Equal(Most, _loop.Connections.List().Count);
        for (var i = 0; i < Most; i += 3) all[i].Abort(Reason);
        for (var i = 0; i < Most; i += 3) Assert.InRange((uint)Add().Key, 0u, Most - 1u);
        Assert.Equal((Most, Most), (_loop.Connections.Count, _loop.Connections.List().Count));
        Assert.Null(_loop.Connections.Find(ConnectionSlots.NoConnection));
        Assert.Null(_loop.Connections.Find((1ul << 32) | 1_000_000));
    }

    [Fact]
    public void Threads_that_add_and_remove_find_exactly_what_is_theirs()
    {
        var left = new ConcurrentBag<EpollConnection>();
        var faults = 0;
        Parallel.For(0, 4, number =>
        {
            var random = new Random(number);
            var mine = new List<EpollConnection>();
            for (var step = 0; step < 20_000; step++)
            {
                if (mine.Count == 0 || random.Next(100) < 52)
                {
                    mine.Add(Add());
                    continue;
                }

                var at = random.Next(mine.Count);
                var connection = mine[at];
                if (_loop.Connections.Find(connection.Key) != connection) Interlocked.Increment(ref faults);
                mine[at] = mine[^1];
                mine.RemoveAt(mine.Count - 1);
                _loop.Connections.Remove(connection);
                if (_loop.Connections.Find(connection.Key) is not null) Interlocked.Increment(ref faults);
            }

            mine.ForEach(left.Add);
        });

        Assert.Equal(0, faults);
        Assert.Equal(left.Count, _loop.Connections.Count);
        Assert.Equal(left.Select(static connection => connection.Key).Order(), _loop.Connections.List().Select(static connection => connection.Key).Order());
    }

    private EpollConnection Add() => new(_loop, -1, remote: null);
}
