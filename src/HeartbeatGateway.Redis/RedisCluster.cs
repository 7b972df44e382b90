using System.Diagnostics.Metrics;
using HeartbeatGateway.Redis.Bans;
using HeartbeatGateway.Redis.Channel;
using HeartbeatGateway.Redis.Streams;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Redis;

/// <summary>
/// A cluster of gateways on Redis. The directory is in Redis; questions go from node to node. While Redis cannot be reached, clients are welcomed without it
/// and entered when it is back; connected ones are not disturbed.
/// </summary>
public sealed class RedisCluster : ICluster, IAsyncDisposable
{
    private readonly RedisConnection _connection;
    private readonly ClusterParts _parts;

    /// <summary>Makes the node; <see cref="Start"/> connects it.</summary>
    /// <param name="options">The options.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="meterFactory">Makes the meter <c>HeartbeatGateway.Redis</c>.</param>
    /// <param name="loggerFactory">Makes the loggers.</param>
    /// <exception cref="ArgumentException">The configuration cannot be read; the message has no secrets.</exception>
    public RedisCluster(RedisOptions options, TimeProvider timeProvider, IMeterFactory meterFactory, ILoggerFactory loggerFactory)
        : this(options, timeProvider, meterFactory, loggerFactory, (connection, keys) => Compose(connection, keys, meterFactory, loggerFactory))
    {
    }

    internal RedisCluster(
        RedisOptions options,
        TimeProvider timeProvider,
        IMeterFactory meterFactory,
        ILoggerFactory loggerFactory,
        Func<RedisConnection, RedisKeys, ClusterParts> compose)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(meterFactory);
        _connection = new RedisConnection(options, timeProvider, loggerFactory.CreateLogger<RedisConnection>());
        var keys = new RedisKeys(options.Prefix);
        _parts = compose(_connection, keys);
        Directory = new DirectoryParts(_connection, keys, _parts.Channel, meterFactory, loggerFactory.CreateLogger<RedisCluster>());
    }

    /// <inheritdoc/>
    public ClusterNode Self => Directory.Node.Self;

    /// <inheritdoc/>
    public bool IsDegraded => Directory.IsDegraded;

    /// <summary>The bans of the cluster.</summary>
    public IClusterBans? Bans => _parts.Bans;

    /// <summary>The sink <c>redis</c>.</summary>
    public INamedMessageSink? MessageSink => _parts.MessageSink;

    internal DirectoryParts Directory { get; }

    /// <inheritdoc/>
    public void Start(INodeClients clients)
    {
        Directory.Local.Start(clients);
        _connection.Start();
        Directory.Start();
        _parts.Bans?.Start();
    }

    /// <inheritdoc/>
    public ValueTask<ClusterEntry> EnterAsync(ClusterHello hello) => Directory.Enterer.EnterAsync(hello);

    /// <inheritdoc/>
    public void Leave(ClusterDeparture departure) => Directory.Leaver.Add(departure);

    /// <inheritdoc/>
    public void Restore(ClusterMember member) => Directory.Restorer.Add(member);

    /// <inheritdoc/>
    public ValueTask<ClusterMember?> FindAsync(string clientId, CancellationToken cancellationToken) => Directory.Reads.FindAsync(clientId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ClusterNode>> ListNodesAsync(CancellationToken cancellationToken) => Directory.Reads.ListNodesAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> HoldAsync(string clientId, ReadOnlyMemory<byte> message, TimeSpan timeToLive, CancellationToken cancellationToken) =>
        Directory.Reads.HoldAsync(clientId, message, timeToLive, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<NodeAnswer> AskAsync(string epoch, string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        _parts.Channel.AskAsync(epoch, verb, body, cancellationToken);

    /// <inheritdoc/>
    public void Answer(string verb, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer) =>
        _parts.Channel.Answer(verb, answer);

    /// <inheritdoc/>
    public IAsyncEnumerable<ClusterEvent> FollowEventsAsync(CancellationToken cancellationToken) => _parts.Follow(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Directory.DisposeAsync();
        if (_parts.MessageSink is not null) await _parts.MessageSink.DisposeAsync();
        if (_parts.Bans is not null) await _parts.Bans.DisposeAsync();
        if (_parts.Channel is IAsyncDisposable channel) await channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static ClusterParts Compose(RedisConnection connection, RedisKeys keys, IMeterFactory meterFactory, ILoggerFactory loggerFactory)
    {
        var metrics = new ChannelMetrics(meterFactory);
        return new ClusterParts(
            new NodeInbox(connection, keys, metrics, loggerFactory.CreateLogger<NodeInbox>()),
            new EventTail(connection, keys, metrics, loggerFactory.CreateLogger<EventTail>()).FollowAsync)
        {
            Bans = new RedisBans(connection, keys, loggerFactory.CreateLogger<RedisBans>()),
            MessageSink = new RedisMessageSink(connection, keys, metrics, loggerFactory.CreateLogger<RedisMessageSink>()),
        };
    }
}
