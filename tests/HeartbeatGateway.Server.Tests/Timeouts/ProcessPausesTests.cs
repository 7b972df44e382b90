using CsCheck;
using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public class ProcessPausesTests
{
    [Theory]
    [InlineData(0, 10, 0)]
    [InlineData(0, 11, 1)]
    [InlineData(10, 20, 10)]
    [InlineData(12, 18, 6)]
    [InlineData(0, 100, 15)]
    [InlineData(15, 32, 7)]
    [InlineData(20, 30, 0)]
    [InlineData(34, 99, 1)]
    [InlineData(35, 99, 0)]
    [InlineData(36, 99, 0)]
    [InlineData(15, 15, 0)]
    public void Between_returns_the_paused_part_of_an_interval(long from, long to, long paused)
    {
        var log = new ProcessPauses();
        log.Add(10, 20);
        log.Add(30, 35);
        Assert.Equal(paused, log.Between(from, to));
    }

    [Theory]
    [InlineData(0, 10, 0)]
    [InlineData(0, 11, 10)]
    [InlineData(12, 18, 10)]
    [InlineData(15, 32, 15)]
    [InlineData(20, 30, 0)]
    [InlineData(34, 99, 5)]
    [InlineData(35, 99, 0)]
    public void Touching_returns_the_whole_length_of_each_pause_in_an_interval(long from, long to, long paused)
    {
        var log = new ProcessPauses();
        log.Add(10, 20);
        log.Add(30, 35);
        Assert.Equal(paused, log.Touching(from, to));
    }

    [Fact]
    public void There_is_no_pause_at_first() => Assert.Equal(0, new ProcessPauses().Between(long.MinValue, long.MaxValue));

    [Fact]
    public void An_interval_that_ends_before_it_starts_contains_no_pause()
    {
        var log = new ProcessPauses();
        log.Add(10, 20);
        Assert.Equal(0, log.Between(15, 12));
        Assert.Equal(0, log.Between(100, 0));
    }

    [Fact]
    public void The_last_1024_pauses_are_kept()
    {
        var log = new ProcessPauses();
        for (var i = 0; i < 3000; i++) log.Add(i * 10, (i * 10) + 1);
        Assert.Equal(1024, log.Between(0, 30_000));
        Assert.Equal(100, log.Between(29_000, 30_000));
    }

    [Fact]
    public void The_result_equals_a_count_tick_by_tick() =>
        Gen.Select(Gen.Select(Gen.Int[0, 9], Gen.Int[0, 9]).Array[0, 12], Gen.Int[0, 120], Gen.Int[0, 120]).Sample((steps, a, b) =>
        {
            var log = new ProcessPauses();
            var paused = new bool[240];
            var now = 0;
            foreach (var (awake, stalled) in steps)
            {
                var start = now + awake;
                now = start + stalled;
                log.Add(start, now);
                Array.Fill(paused, true, start, stalled);
            }

            var (from, to) = (Math.Min(a, b), Math.Max(a, b));
            return log.Between(from, to) == paused[from..to].Count(p => p);
        });
}
