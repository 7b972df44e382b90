namespace HeartbeatGateway.Redis.Directory;

/// <summary>The marker of each partition as it was last seen. Another one means that the partition was lost. Thread-safe.</summary>
internal sealed class BootMarkers(ILogger logger)
{
    private readonly string?[] _known = new string?[RedisKeys.Partitions];

    /// <summary>A partition was lost; the argument is its number.</summary>
    public Action<int>? Lost { get; set; }

    /// <summary>A new marker, for a script that finds none. Always another one, so that a second loss is seen too.</summary>
    public static string Draw() => Guid.NewGuid().ToString("N");

    /// <summary>A partition has this marker; empty for none.</summary>
    public void Note(int partition, string marker)
    {
        var known = Volatile.Read(ref _known[partition]);
        if (known == marker) return;
        if (Interlocked.CompareExchange(ref _known[partition], marker, known) != known) return;
        // A partition that had no marker was new, or its loss is known.
        if (string.IsNullOrEmpty(known)) return;
        logger.PartitionLost(partition);
        Lost?.Invoke(partition);
    }
}
