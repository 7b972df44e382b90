using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Server.Bans;

/// <summary>The bans as programs use them.</summary>
internal sealed class GatewayBans(BanList bans, ConnectionTable table, AutomaticBans automatic) : IGatewayBans
{
    private const int MaxNames = 100;

    public long Version => bans.Version;

    public IReadOnlyList<Ban> List() => [.. bans.Entries().Select(e => e.Ban)];

    public IReadOnlyList<BanMatches> ListMatches()
    {
        var entries = bans.Entries();
        if (entries.Count == 0) return [];
        var found = entries.ToDictionary(e => e.Ban.Id, _ => new Matched(), StringComparer.Ordinal);
        foreach (var connection in table.All())
        {
            foreach (var entry in bans.Of(connection))
            {
                if (found.TryGetValue(entry.Ban.Id, out var matched)) matched.Add(connection);
            }
        }

        return [.. entries.Select(e => new BanMatches(e.Ban, e.Refused, found[e.Ban.Id].Count, found[e.Ban.Id].Names))];
    }

    public BanMatches FindMatches(Ban ban)
    {
        ArgumentNullException.ThrowIfNull(ban);
        return Describe(ban, bans.MatchesOf(ban));
    }

    public BanRefusal Check(Ban ban)
    {
        ArgumentNullException.ThrowIfNull(ban);
        return bans.Check(ban);
    }

    public BanEffect Add(Ban ban)
    {
        ArgumentNullException.ThrowIfNull(ban);
        var refusal = bans.Check(ban);
        if (refusal == BanRefusal.None && !bans.TryAdd(ban)) refusal = BanRefusal.Full;
        if (refusal != BanRefusal.None) throw new InvalidOperationException($"The ban of '{ban.Value}' cannot be added: {refusal}.");
        var connections = bans.MatchesOf(ban).ToList();
        var matches = Describe(ban, connections);
        return new BanEffect(matches, connections.Count(connection => BanList.Close(connection, ban)));
    }

    public bool Remove(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return bans.Remove(id);
    }

    public int Replace(IReadOnlyCollection<Ban> replacements, IReadOnlySet<string> former)
    {
        ArgumentNullException.ThrowIfNull(replacements);
        ArgumentNullException.ThrowIfNull(former);
        bans.Replace(replacements, former);
        return bans.CloseAll();
    }

    public AutomaticBanReport ReportAutomatic() => automatic.Report();

    private BanMatches Describe(Ban ban, IEnumerable<GatewayConnection> connections)
    {
        var matched = new Matched();
        foreach (var connection in connections) matched.Add(connection);
        return new BanMatches(ban, bans.RefusedBy(ban.Id), matched.Count, matched.Names);
    }

    /// <summary>Counts connections and names the first of them.</summary>
    private sealed class Matched
    {
        private readonly List<string> _names = [];

        public int Count { get; private set; }

        public IReadOnlyList<string> Names => _names;

        public void Add(GatewayConnection connection)
        {
            Count++;
            if (_names.Count < MaxNames) _names.Add(connection.Session?.ClientId ?? $"#{connection.Id}");
        }
    }
}
