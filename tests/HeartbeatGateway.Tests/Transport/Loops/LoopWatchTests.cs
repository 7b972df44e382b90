using System.Net;
using HeartbeatGateway.Epoll;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Transport.Loops;

/// <summary>The watch knows of a loop only what it publishes, at each look.</summary>
public sealed class LoopWatchTests : IDisposable
{
    private const int Blocked = 201;
    private const int Continues = 202;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>The first look finds the loop in the event. After four more it has been there for a second.</summary>
    private static readonly TimeSpan UntilReport = 5 * Look;

    private readonly TestClock _time = new();
    private readonly FakeLogger _logger = new();
    private readonly FakeLoop[] _loops = [new(0), new(1)];
    private readonly DefaultConnectionContext _connection = new("1F-3") { RemoteEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.7"), 40_001) };
    private readonly LoopWatch _watch;

    public LoopWatchTests() => _watch = new LoopWatch(_loops, _time, _logger);

    public void Dispose() => _watch.Dispose();

    [Fact]
    public void A_loop_that_stays_in_one_event_for_a_second_is_reported_once()
    {
        _loops[1].ConnectionCount = 9;
        _loops[1].Enter(_connection);
        Pass(UntilReport - TimeSpan.FromMilliseconds(1));
        Assert.Empty(Lines());
        Assert.False(_loops[1].IsBlocked);

        Pass(TimeSpan.FromMilliseconds(1));
        Assert.True(_loops[1].IsBlocked);
        Pass(TimeSpan.FromMinutes(1));

        var line = Assert.Single(Lines());
        Assert.Equal((Blocked, LogLevel.Warning), (line.Id.Id, line.Level));
        Assert.Equal(
            "Event loop 1 is blocked: it has been in connection 1F-3 of 192.0.2.7:40001 for 1.0 s, while 8 other connections wait. A handler or message sink blocks. "
            + "Make it asynchronous, or set Gateway:Tcp:InlineScheduling to false",
            line.Message);
        Assert.Equal((false, TimeSpan.Zero), (_loops[0].IsBlocked, _watch.ReadStates()[0].Busy));
    }

    [Fact]
    public void The_end_of_a_reported_stall_is_reported_with_its_length()
    {
        _loops[0].Enter(_connection);
        Pass(TimeSpan.FromSeconds(4));
        _loops[0].Leave();
        Assert.Single(Lines());
        Pass(Look);

        Assert.False(_loops[0].IsBlocked);
        Assert.Equal(2, Lines().Count);
        Assert.Equal((Continues, LogLevel.Information, "Event loop 0 goes on, after 4.0 s in connection 1F-3"), (Lines()[1].Id.Id, Lines()[1].Level, Lines()[1].Message));
    }

    [Fact]
    public void Each_stall_is_reported()
    {
        for (var i = 1; i <= 3; i++)
        {
            // The next event of the same connection, without a look between the two.
            _loops[0].Enter(_connection);
            Pass(TimeSpan.FromSeconds(2));
            Assert.Equal((i, i - 1), (Count(Blocked), Count(Continues)));
        }
    }

    [Fact]
    public void A_loop_that_goes_on_from_event_to_event_of_one_connection_is_not_blocked()
    {
        for (var i = 0; i < 20; i++)
        {
            _loops[0].Enter(_connection);
            Pass(Look);
            Assert.Equal(TimeSpan.Zero, _watch.ReadStates()[0].Busy);
        }

        Assert.Empty(Lines());
    }

    [Fact]
    public void A_stall_shorter_than_a_second_is_not_reported()
    {
        _loops[0].Enter(_connection);
        Pass(UntilReport - TimeSpan.FromMilliseconds(1));
        _loops[0].Leave();
        Pass(TimeSpan.FromSeconds(5));
        Assert.Empty(Lines());
    }

    [Fact]
    public void A_state_tells_the_connection_and_the_time_since_the_first_look_that_found_it()
    {
        (_loops[0].ConnectionCount, _loops[0].IsPinged) = (4, true);
        Assert.Equal(new EpollLoopState(0, 4, null, null, TimeSpan.Zero, IsPinged: true), _watch.ReadStates()[0]);

        _loops[0].Enter(_connection);
        Assert.Equal(new EpollLoopState(0, 4, "1F-3", _connection.RemoteEndPoint, TimeSpan.Zero, IsPinged: true), _watch.ReadStates()[0]);
        Pass(Look + TimeSpan.FromMilliseconds(100));
        Assert.Equal(TimeSpan.FromMilliseconds(100), _watch.ReadStates()[0].Busy);
        Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromMilliseconds(3100), _watch.ReadStates()[0].Busy);

        // Without another look: the state is that of the moment.
        _loops[0].Leave();
        Assert.Equal(new EpollLoopState(0, 4, null, null, TimeSpan.Zero, IsPinged: true), _watch.ReadStates()[0]);
    }

    [Fact]
    public void A_pause_of_the_process_in_the_middle_of_an_event_is_not_reported()
    {
        var clock = new LateClock();
        using var watch = new LoopWatch(_loops, clock, _logger);
        _loops[0].Enter(_connection);
        clock.Look(after: Look);
        clock.Look(after: TimeSpan.FromSeconds(30));
        Assert.Empty(Lines());

        // After the pause the time counts.
        for (var i = 0; i < 2; i++) clock.Look(after: Look);
        Assert.Single(Lines());
    }

    /// <summary>Look by look: the clock shows its final time to all timers that an advance calls.</summary>
    private void Pass(TimeSpan time)
    {
        for (; time > Look; time -= Look) _time.Advance(Look);
        _time.Advance(time);
    }

    private IReadOnlyList<FakeLogRecord> Lines() => _logger.Collector.GetSnapshot();

    private int Count(int id) => Lines().Count(l => l.Id.Id == id);

    /// <summary>A clock with one timer, which fires as late as a test wants.</summary>
    private sealed class LateClock : TimeProvider
    {
        private Action? _look;
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _look = () => callback(state);
            return new Timer();
        }

        public void Look(TimeSpan after)
        {
            _now += after.Ticks;
            _look!();
        }

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
                // Nothing runs by itself.
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
