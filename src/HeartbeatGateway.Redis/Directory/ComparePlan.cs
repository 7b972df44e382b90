namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Which part of a node's clients one round of the comparison takes, so that Redis' load has a bound whatever the number of clients. A round is a minute, and
/// takes as many partitions as have <see cref="MaxInRound"/> clients together, at most <see cref="MaxPerSecond"/> clients a second.
/// </summary>
/// <param name="Partitions">A bit for each partition.</param>
/// <param name="Next">The first partition of the next round.</param>
/// <param name="Pace">The time for each client.</param>
internal sealed record ComparePlan(int Partitions, int Next, TimeSpan Pace)
{
    /// <summary>From the beginning of one round to that of the next.</summary>
    public static readonly TimeSpan Round = TimeSpan.FromSeconds(60);

    /// <summary>Clients in one round. More clients take several rounds.</summary>
    public const int MaxInRound = 80_000;

    /// <summary>Clients a second.</summary>
    public const int MaxPerSecond = 2_000;

    /// <summary>Plans a round.</summary>
    /// <param name="clients">The node's clients.</param>
    /// <param name="first">The first partition.</param>
    public static ComparePlan Of(int clients, int first)
    {
        var count = clients <= MaxInRound ? RedisKeys.Partitions : Math.Max(1, (int)((long)RedisKeys.Partitions * MaxInRound / clients));
        var partitions = 0;
        for (var i = 0; i < count; i++) partitions |= 1 << ((first + i) % RedisKeys.Partitions);
        var inRound = Math.Max(1, (long)clients * count / RedisKeys.Partitions);
        // Few clients are spread over half of the round.
        var pace = Math.Max(Round.TotalSeconds / 2 / inRound, 1.0 / MaxPerSecond);
        return new ComparePlan(partitions, (first + count) % RedisKeys.Partitions, TimeSpan.FromSeconds(pace));
    }
}
