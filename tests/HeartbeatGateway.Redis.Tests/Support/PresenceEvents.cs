using HeartbeatGateway.Redis.Directory;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests.Support;

/// <summary>Checks the events of all clients against each other and against the directory.</summary>
internal static class PresenceEvents
{
    /// <summary>
    /// Events of each client alternate: it begins, may be replaced, and ends with the connection that had the entry. The last one agrees with the directory. A
    /// generation that an entered hello got is above all before it.
    /// </summary>
    public static async Task AssertAsync(RedisTest test, IReadOnlyList<(string Id, long Generation)> entered)
    {
        var entries = await ReadEntriesAsync(test);
        var present = new Dictionary<string, (long, string)>(StringComparer.Ordinal);
        var highest = new Dictionary<string, long>(StringComparer.Ordinal);
        var (told, seen) = (new List<string>(), new HashSet<(string, long)>());
        for (var p = 0; p < RedisKeys.Partitions; p++)
        {
            foreach (var entry in await test.Database.StreamRangeAsync(test.Keys.Events(p)))
            {
                var (change, id, place) = ((string)entry["change"]!, (string)entry["id"]!, ((long)entry["g"], (string)entry["c"]!));
                told.Add(Text(entry));
                var faults = string.Join('\n', told.Where(t => t.Contains(id, StringComparison.Ordinal)));
                if (change is "connected" or "reconnected") Assert.True(present.TryAdd(id, place), faults);
                else if (change == "replaced")
                {
                    Assert.True(present.ContainsKey(id), faults);
                    present[id] = place;
                }
                else
                {
                    Assert.True(present.Remove(id, out var ended) && ended == place, faults);
                    continue;
                }

                // A client that is entered again keeps its generation.
                if (entered.Contains((id, place.Item1)) && seen.Add((id, place.Item1))) Assert.True(highest.GetValueOrDefault(id) < place.Item1, faults);
                highest[id] = Math.Max(highest.GetValueOrDefault(id), place.Item1);
            }
        }

        Assert.Equal(entries.ToDictionary(e => e.Key, e => (e.Value.G, e.Value.C)), present);
    }

    /// <summary>All events, and what is kept of clients that have left.</summary>
    public static async Task<string> DescribeAsync(RedisTest test)
    {
        var lines = new List<string>();
        for (var p = 0; p < RedisKeys.Partitions; p++) lines.AddRange((await test.Database.StreamRangeAsync(test.Keys.Events(p))).Select(Text));
        await foreach (var key in test.Database.Multiplexer.GetServers()[0].KeysAsync(pattern: "*:ended:*"))
        {
            lines.Add($"{key} {await test.Database.StringGetAsync(key)}");
        }

        return string.Join('\n', lines);
    }

    public static async Task<Dictionary<string, EntryJson>> ReadEntriesAsync(RedisTest test)
    {
        var entries = new Dictionary<string, EntryJson>(StringComparer.Ordinal);
        for (var p = 0; p < RedisKeys.Partitions; p++)
        {
            foreach (var field in await test.Database.HashGetAllAsync(test.Keys.Directory(p)))
            {
                entries.Add(field.Name.ToString(), DirectoryScan.Read(field.Value)!);
            }
        }

        return entries;
    }

    /// <summary>The ids in the sets of all epochs, also of those that no partition names.</summary>
    public static async Task<List<(string Epoch, string Id)>> ReadSetsAsync(RedisTest test)
    {
        var ids = new List<(string, string)>();
        var server = test.Database.Multiplexer.GetServers()[0];
        await foreach (var key in server.KeysAsync(pattern: "*:node:*"))
        {
            var epoch = key.ToString()[(key.ToString().LastIndexOf(':') + 1)..];
            foreach (var id in await test.Database.SetMembersAsync(key)) ids.Add((epoch, id.ToString()));
        }

        return ids;
    }

    private static string Text(StreamEntry entry) =>
        $"{entry.Id} {entry["change"]} {entry["id"]} {entry["g"]} {entry["c"]} {entry["n"]} {entry["e"]} {entry["reason"]}";
}
