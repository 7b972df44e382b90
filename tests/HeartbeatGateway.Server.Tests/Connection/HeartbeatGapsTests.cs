using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Server.Tests.Connection;

/// <summary>The gaps between the latest pings of a connection.</summary>
public sealed class HeartbeatGapsTests
{
    [Fact]
    public void Keeps_the_latest_16_the_oldest_first()
    {
        var gaps = default(HeartbeatGaps);
        Assert.Empty(gaps.ToArray());
        for (var i = 1; i <= 20; i++) gaps.Add(TimeSpan.FromSeconds(i));
        Assert.Equal(Enumerable.Range(5, 16).Select(i => TimeSpan.FromSeconds(i)), gaps.ToArray());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 0)]
    [InlineData(6, 10)]
    [InlineData(5_004, 5_000)]
    [InlineData(655_340, 655_340)]
    [InlineData(86_400_000, 655_340)]
    public void Rounds_to_10_ms_and_ends_at_655_s(int milliseconds, int kept)
    {
        var gaps = default(HeartbeatGaps);
        gaps.Add(TimeSpan.FromMilliseconds(milliseconds));
        Assert.Equal(TimeSpan.FromMilliseconds(kept), Assert.Single(gaps.ToArray()));
    }

    [Fact]
    public void Jitter_is_the_mean_difference_of_neighbours()
    {
        var gaps = default(HeartbeatGaps);
        Assert.Equal(TimeSpan.Zero, gaps.Jitter());
        gaps.Add(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.Zero, gaps.Jitter());
        gaps.Add(TimeSpan.FromSeconds(7));
        gaps.Add(TimeSpan.FromSeconds(6));
        Assert.Equal(TimeSpan.FromSeconds(1.5), gaps.Jitter());
        for (var i = 0; i < 100; i++) gaps.Add(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.Zero, gaps.Jitter());
    }

    [Fact]
    public void A_burst_of_pings_counts_each_up_to_what_is_kept()
    {
        var gaps = default(HeartbeatGaps);
        gaps.Add(TimeSpan.FromSeconds(5));
        gaps.Add(TimeSpan.Zero, times: 3);
        Assert.Equal([5, 0, 0, 0], gaps.ToArray().Select(g => g.TotalSeconds));
        gaps.Add(TimeSpan.Zero, times: int.MaxValue);
        Assert.Equal(16, gaps.ToArray().Length);
    }
}
