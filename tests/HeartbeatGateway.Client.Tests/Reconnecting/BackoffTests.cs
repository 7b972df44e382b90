using HeartbeatGateway.Client.Reconnecting;

namespace HeartbeatGateway.Client.Tests.Reconnecting;

public sealed class BackoffTests
{
    private static readonly TimeSpan Base = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(5, 32)]
    [InlineData(6, 60)]
    [InlineData(7, 60)]
    [InlineData(40, 60)]
    [InlineData(61, 60)]
    [InlineData(62, 60)]
    [InlineData(63, 60)]
    [InlineData(64, 60)]
    [InlineData(int.MaxValue, 60)]
    public void The_ceiling_doubles_up_to_its_cap(int retry, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Ceiling(Base, Max, retry));

    [Fact]
    public void A_cap_of_days_and_a_base_of_milliseconds_do_not_overflow()
    {
        for (var retry = 0; retry < 100; retry++)
        {
            var ceiling = Backoff.Ceiling(TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1), retry);
            Assert.InRange(ceiling, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
        }
    }

    [Fact]
    public void The_delay_is_spread_over_the_whole_range_below_the_ceiling()
    {
        Assert.Equal(TimeSpan.Zero, Backoff.Delay(Base, Max, 10, 0));
        Assert.Equal(TimeSpan.FromSeconds(30), Backoff.Delay(Base, Max, 10, 0.5));
        Assert.Equal(TimeSpan.FromSeconds(0.5), Backoff.Delay(Base, Max, 0, 0.5));
    }

    /// <summary>A fleet whose jitter is capped afterwards comes back in one moment; here each tenth of the range gets a tenth of it.</summary>
    [Fact]
    public void A_fleet_that_has_reached_the_cap_stays_spread()
    {
        var random = new Random(17);
        var tenths = new int[10];
        for (var i = 0; i < 10_000; i++) tenths[(int)(Backoff.Delay(Base, Max, 20, random.NextDouble()) / Max * 10)]++;
        Assert.All(tenths, count => Assert.InRange(count, 850, 1150));
    }
}
