using System.Threading.Channels;
using StackExchange.Redis;
using ChannelOfSignals = System.Threading.Channels.Channel;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Checks that the servers are new enough and drop nothing: after the first connect, whenever a server is connected to, and every ten minutes. A finding is
/// logged once for each server, until it changes.
/// </summary>
internal sealed class ServerCheck(RedisConnection connection, ILogger logger)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    private static readonly Version Oldest = new(6, 2);

    private readonly Channel<bool> _connected =
        ChannelOfSignals.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Dictionary<(string Server, Subject Subject), string> _told = [];

    private enum Subject
    {
        Version,
        Policy,
        Answer,
    }

    /// <summary>Checks until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var multiplexer = await connection.Multiplexer.WaitAsync(stopping);
        // Raised for the first connection to a server too, such as one that a failover or a new topology has brought.
        multiplexer.ConnectionRestored += (_, e) => _ = e.ConnectionType == ConnectionType.Interactive && _connected.Writer.TryWrite(true);
        while (!stopping.IsCancellationRequested)
        {
            await CheckAsync();
            await WaitAsync(stopping);
        }
    }

    /// <summary>Checks all servers that are connected, when the first connect has ended.</summary>
    internal async Task CheckAsync()
    {
        var servers = (await connection.Multiplexer).GetServers();
        foreach (var server in servers.Where(s => s.IsConnected))
        {
            var name = NameOf(server);
            try
            {
                Check(name, await ReadAsync(server, "server"), await ReadAsync(server, "memory"));
                IsNew(name, Subject.Answer, null);
            }
            catch (Exception e)
            {
                // The message has figures that differ each time.
                if (IsNew(name, Subject.Answer, "failed")) logger.ServerCheckFailed($"{name}: {RedisCause.Of(e)}");
            }
        }

        // Servers in containers come with new addresses for ever.
        var names = servers.Select(NameOf).ToHashSet();
        foreach (var gone in _told.Keys.Where(k => !names.Contains(k.Server)).ToList()) _told.Remove(gone);
    }

    /// <summary>Checks what a server says of itself.</summary>
    internal void Check(string name, IReadOnlyDictionary<string, string> server, IReadOnlyDictionary<string, string> memory)
    {
        // Valkey says for redis_version with which Redis it is compatible.
        var version = server.GetValueOrDefault("redis_version", "");
        var isRead = Version.TryParse(version, out var parsed);
        if (IsNew(name, Subject.Version, isRead && parsed >= Oldest ? null : version))
        {
            if (isRead) logger.RedisTooOld(name, version);
            else logger.ServerCheckFailed($"{name}: redis_version is '{version}'");
        }

        var policy = memory.GetValueOrDefault("maxmemory_policy", "");
        if (IsNew(name, Subject.Policy, policy is "noeviction" or "" ? null : policy)) logger.RedisEvicts(name, policy);
    }

    private static string NameOf(IServer server) => server.EndPoint.ToString() ?? "";

    /// <summary>True when a finding is to be logged. Null: nothing is wrong.</summary>
    private bool IsNew(string server, Subject subject, string? finding)
    {
        if (finding is null)
        {
            _told.Remove((server, subject));
            return false;
        }

        var isTold = _told.TryGetValue((server, subject), out var told) && told == finding;
        _told[(server, subject)] = finding;
        return !isTold;
    }

    /// <summary>Waits until a server is connected to, or the interval is over.</summary>
    private async Task WaitAsync(CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(Interval, connection.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        try
        {
            await _connected.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // The interval is over, or the node stops.
        }
    }

    private async Task<Dictionary<string, string>> ReadAsync(IServer server, string section)
    {
        var groups = await server.InfoAsync(section).WaitAsync(connection.Options.CallTimeout, connection.TimeProvider);
        return groups.SelectMany(g => g).DistinctBy(p => p.Key).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
    }
}
