using System.Numerics;
using HeartbeatGateway.Redis.Directory;

namespace HeartbeatGateway.Redis.Tests.Directory;

public sealed class ComparePlanTests
{
    [Theory]
    [InlineData(0, 16, 30_000)]
    [InlineData(1, 16, 30_000)]
    [InlineData(30_000, 16, 1)]
    [InlineData(80_000, 16, 0.5)]
    [InlineData(80_001, 15, 0.5)]
    [InlineData(500_000, 2, 0.5)]
    [InlineData(10_000_000, 1, 0.5)]
    public void A_round_has_a_bounded_number_of_clients_and_rate(int clients, int partitions, double milliseconds)
    {
        var plan = ComparePlan.Of(clients, 3);
        Assert.Equal(partitions, BitOperations.PopCount((uint)plan.Partitions));
        Assert.Equal(milliseconds, plan.Pace.TotalMilliseconds, 3);
    }

    [Fact]
    public void Rounds_take_all_partitions_in_turn()
    {
        var (next, seen) = (14, 0);
        for (var round = 0; round < 8; round++)
        {
            var plan = ComparePlan.Of(500_000, next);
            Assert.Equal(0, seen & plan.Partitions);
            (next, seen) = (plan.Next, seen | plan.Partitions);
        }

        Assert.Equal((14, (1 << RedisKeys.Partitions) - 1), (next, seen));
    }
}
