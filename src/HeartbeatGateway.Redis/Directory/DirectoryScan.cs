using System.Text.Json;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Reads what the directory has of one epoch.</summary>
internal sealed class DirectoryScan(DirectoryCalls calls, RedisKeys keys)
{
    public const int MaxBatch = 128;

    /// <summary>The entries of an epoch in a partition, in batches. An entry is null when the client has none of this epoch.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="isWanted">Chooses clients, so that only their entries are read.</param>
    public async IAsyncEnumerable<IReadOnlyList<(string Id, EntryJson? Entry)>> ReadAsync(int partition, string epoch, Func<string, bool> isWanted)
    {
        var cursor = 0L;
        do
        {
            object[] arguments = [(RedisKey)keys.NodeEntries(partition, epoch), cursor, "COUNT", MaxBatch];
            var answer = ((RedisResult[]?)await calls.CallAsync(partition, d => d.ExecuteAsync("SSCAN", arguments)))!;
            cursor = (long)answer[0];
            var ids = ((RedisValue[]?)answer[1])!.Select(i => i.ToString()).Where(isWanted).ToList();
            if (ids.Count > 0) yield return await ReadAsync(partition, epoch, ids);
        }
        while (cursor != 0);
    }

    /// <summary>The entries of some clients of a partition, null when a client has none of this epoch.</summary>
    public async Task<IReadOnlyList<(string Id, EntryJson? Entry)>> ReadAsync(int partition, string epoch, IReadOnlyList<string> ids)
    {
        var entries = await calls.CallAsync(partition, d => d.HashGetAsync(keys.Directory(partition), [.. ids.Select(i => (RedisValue)i)]));
        return [.. ids.Zip(entries, (id, raw) => (id, Read(raw) is { } entry && entry.E == epoch ? entry : null))];
    }

    /// <summary>An entry; null for none, or for what is no entry.</summary>
    public static EntryJson? Read(RedisValue raw)
    {
        if (raw.IsNull) return null;
        try
        {
            return JsonSerializer.Deserialize(((ReadOnlyMemory<byte>)raw).Span, NodeJson.Default.EntryJson);
        }
        catch (JsonException)
        {
            // The scripts take it for none too, and the next one that enters the client overwrites it.
            return null;
        }
    }
}
