namespace HeartbeatGateway.Redis.Directory;

/// <summary>Reads the markers of all partitions, so that a loss is found without traffic, and also which partitions can be reached.</summary>
internal sealed class PartitionProbe(DirectoryCalls calls, RedisKeys keys, BootMarkers markers)
{
    /// <returns>Whether any partition answered.</returns>
    public async Task<bool> RunAsync() => (await Task.WhenAll(Enumerable.Range(0, RedisKeys.Partitions).Select(ReadAsync))).Contains(true);

    private async Task<bool> ReadAsync(int partition)
    {
        try
        {
            markers.Note(partition, (string?)await calls.CallAsync(partition, d => d.StringGetAsync(keys.Boot(partition))) ?? "");
            return true;
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            // RedisHealth has noted it. The other partitions may be on other masters.
            return false;
        }
    }
}
