using System.Globalization;
using System.Text.Json;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters.Support;

/// <summary>A client as the directory in Redis has it.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Generation">Its generation.</param>
/// <param name="Epoch">The epoch of its node.</param>
/// <param name="Node">The name of its node.</param>
/// <param name="ConnectionId">The connection.</param>
internal sealed record DirectoryEntry(string ClientId, long Generation, string Epoch, string Node, string ConnectionId);

/// <summary>A presence event in Redis.</summary>
/// <param name="Change">What happened.</param>
/// <param name="ClientId">The client.</param>
/// <param name="Fields">All fields.</param>
internal sealed record DirectoryEvent(string Change, string ClientId, IReadOnlyDictionary<string, string> Fields);

/// <summary>Reads what the gateways keep in Redis, by the documented names of keys alone.</summary>
/// <param name="servers">All masters.</param>
internal sealed class ClusterDirectory(params IReadOnlyList<RedisServer> servers)
{
    private const int Partitions = 16;

    /// <summary>Redis adds them up itself: a look at each partition would start 16 programs, which take the processor from the gateways.</summary>
    private const string Sum = "local n = 0 for _, key in ipairs(KEYS) do n = n + redis.call('HLEN', key) end return n";

    private readonly List<string> _partitions = [];

    /// <summary>All entries by client id. Fails when a client has more than one.</summary>
    public async Task<Dictionary<string, DirectoryEntry>> ReadAsync()
    {
        var entries = new Dictionary<string, DirectoryEntry>(StringComparer.Ordinal);
        foreach (var hash in await HashesAsync(":dir", "hgetall"))
        {
            foreach (var field in hash.EnumerateObject())
            {
                using var value = JsonDocument.Parse(field.Value.GetString()!);
                var entry = value.RootElement;
                var added = entries.TryAdd(field.Name, new DirectoryEntry(
                    field.Name, entry.GetProperty("g").GetInt64(), entry.GetProperty("e").GetString()!, entry.GetProperty("n").GetString()!, entry.GetProperty("c").GetString()!));
                Assert.True(added, $"{field.Name} is in two partitions of the directory.");
            }
        }

        return entries;
    }

    /// <summary>The number of entries; with one server, at one moment.</summary>
    public async Task<int> CountAsync()
    {
        // One script cannot read the partitions of several masters.
        if (servers is [{ IsRunning: true } server]) return await CountAsync(server);
        var counts = await Task.WhenAll((await KeysAsync("*:dir")).Select(async k => await k.Server.CallAsync("hlen", k.Key)));
        return counts.Sum(c => int.Parse(c, CultureInfo.InvariantCulture));
    }

    private async Task<int> CountAsync(RedisServer server)
    {
        // Their names stay the same. They are looked up until all are there, since that reads all keys and keeps Redis from its work.
        if (_partitions.Count < Partitions)
        {
            _partitions.Clear();
            _partitions.AddRange((await KeysAsync("*:dir")).Select(k => k.Key));
        }

        return int.Parse(await server.CallAsync(["eval", Sum, $"{_partitions.Count}", .. _partitions]), CultureInfo.InvariantCulture);
    }

    /// <summary>The number of partitions on each master.</summary>
    public async Task<IReadOnlyList<int>> PartitionsAsync()
    {
        var keys = await KeysAsync("*:dir");
        Assert.True(keys.Count <= Partitions, $"There are {keys.Count} partitions.");
        return [.. servers.Select(s => keys.Count(k => k.Server == s))];
    }

    /// <summary>The events of all partitions that Redis still holds, in the order of each partition.</summary>
    public async Task<List<DirectoryEvent>> EventsAsync()
    {
        var events = new List<DirectoryEvent>();
        foreach (var entry in await StreamsAsync("*:events"))
        {
            var fields = FieldsOf(entry);
            events.Add(new DirectoryEvent(fields["change"], fields["id"], fields));
        }

        return events;
    }

    /// <summary>The values of all fields of all messages of clients that Redis holds.</summary>
    public async Task<List<IReadOnlyDictionary<string, string>>> MessagesAsync() => [.. (await StreamsAsync("*:messages")).Select(FieldsOf)];

    /// <summary>The epochs that have a lease.</summary>
    public async Task<HashSet<string>> LeasesAsync()
    {
        var epochs = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (server, key) in await KeysAsync("*:leases")) epochs.UnionWith((await server.CallAsync("zrange", key, "0", "-1")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        return epochs;
    }

    /// <summary>The epochs that have a set of entries in some partition, with the number of entries.</summary>
    public async Task<Dictionary<string, int>> EntriesByEpochAsync()
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (server, key) in await KeysAsync("*:node:*"))
        {
            var epoch = key[(key.LastIndexOf(':') + 1)..];
            counts[epoch] = counts.GetValueOrDefault(epoch) + int.Parse(await server.CallAsync("scard", key), CultureInfo.InvariantCulture);
        }

        return counts;
    }

    private async Task<List<JsonElement>> HashesAsync(string ending, string command)
    {
        var answers = await Task.WhenAll((await KeysAsync("*" + ending)).Select(k => k.Server.CallJsonAsync(command, k.Key)));
        return [.. answers.Select(Parse)];
    }

    private async Task<List<JsonElement>> StreamsAsync(string pattern)
    {
        var answers = await Task.WhenAll((await KeysAsync(pattern)).Select(k => k.Server.CallJsonAsync("xrange", k.Key, "-", "+")));
        return [.. answers.SelectMany(a => Parse(a).EnumerateArray())];
    }

    private async Task<List<(RedisServer Server, string Key)>> KeysAsync(string pattern)
    {
        var keys = new List<(RedisServer, string)>();
        foreach (var server in servers.Where(s => s.IsRunning))
        {
            var found = await server.CallAsync("keys", pattern);
            keys.AddRange(found.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(k => (server, k)));
        }

        return keys;
    }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>The fields of an entry of a stream: <c>[id, [name, value, …]]</c>, or an object in place of the inner list.</summary>
    private static Dictionary<string, string> FieldsOf(JsonElement entry)
    {
        var list = entry[1];
        if (list.ValueKind == JsonValueKind.Object) return list.EnumerateObject().ToDictionary(f => f.Name, f => f.Value.GetString()!, StringComparer.Ordinal);
        return list.EnumerateArray().Chunk(2).ToDictionary(f => f[0].GetString()!, f => f[1].GetString()!, StringComparer.Ordinal);
    }
}
