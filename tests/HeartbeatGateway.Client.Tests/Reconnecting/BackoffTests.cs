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
    public void Ceiling_doubles_up_to_the_cap(int retry, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Ceiling(Base, Max, retry));

    [Fact]
    public void Ceiling_does_not_overflow_with_a_base_of_one_millisecond_and_a_cap_of_one_day()
    {
        for (var retry = 0; retry < 100; retry++)
        {
            var ceiling = Backoff.Ceiling(TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1), retry);
            Assert.InRange(ceiling, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
        }
    }

    [Fact]
    public void Delay_covers_the_whole_range_below_the_ceiling()
    {
        Assert.Equal(TimeSpan.Zero, Backoff.Delay(Base, Max, 10, 0));
        Assert.Equal(TimeSpan.FromSeconds(30), Backoff.Delay(Base, Max, 10, 0.5));
        Assert.Equal(TimeSpan.FromSeconds(0.5), Backoff.Delay(Base, Max, 0, 0.5));
    }

    /// <summary>
    /// With a cap after the jitter, a fleet would reconnect at one moment. With the cap before it, each tenth of the range gets about a tenth
    /// of the fleet.
    /// </summary>
    [Fact]
    public void Delays_at_the_cap_are_evenly_distributed()
    {
        var random = new Random(17);
        var tenths = new int[10];
        for (var i = 0; i < 10_000; i++) tenths[(int)(Backoff.Delay(Base, Max, 20, random.NextDouble()) / Max * 10)]++;
        Assert.All(tenths, count => Assert.InRange(count, 850, 1150));
    }
}
