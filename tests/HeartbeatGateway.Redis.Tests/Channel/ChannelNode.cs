using HeartbeatGateway.Redis.Channel;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Redis.Tests.Channel;

/// <summary>What one node of a test has: a connection, an inbox, its counts and its log.</summary>
internal sealed class ChannelNode : IAsyncDisposable
{
    private readonly TestMeterFactory _meters = new();

    /// <param name="configuration">The servers.</param>
    /// <param name="timeProvider">The clock; null for the real one.</param>
    /// <param name="maxEvents">The length of the streams.</param>
    /// <param name="options">Changes other options.</param>
    public ChannelNode(string configuration, TimeProvider? timeProvider = null, int maxEvents = 10_000, Func<RedisOptions, RedisOptions>? options = null)
    {
        // A bound that a busy machine keeps. Tests in which Redis does not answer use Quick.
        Options = new RedisOptions
        {
            Configuration = configuration,
            NodeName = "node-1",
            Prefix = "t",
            MaxEvents = maxEvents,
            CallTimeout = TimeSpan.FromSeconds(10),
        };
        Options = options?.Invoke(Options) ?? Options;
        Connection = new RedisConnection(Options, timeProvider ?? TimeProvider.System, Log);
        Metrics = new ChannelMetrics(_meters);
        Series = new MetricReader(_meters);
        Inbox = new NodeInbox(Connection, Keys, Metrics, Log);
        Connection.Start();
    }

    public RedisOptions Options { get; }

    public RedisConnection Connection { get; }

    public RedisKeys Keys { get; } = new("t");

    public ChannelMetrics Metrics { get; }

    public MetricReader Series { get; }

    public NodeInbox Inbox { get; }

    public FakeLogger Log { get; } = new();

    public IEnumerable<string?> Lines => Log.Collector.GetSnapshot().Select(l => l.Id.Name);

    /// <summary>The bound of a gateway, for tests in which Redis does not answer.</summary>
    public static RedisOptions Quick(RedisOptions options) => options with { CallTimeout = TimeSpan.FromMilliseconds(750) };

    /// <summary>Listens under an epoch, and waits until it does.</summary>
    public async Task ListenAsync(string epoch)
    {
        Inbox.Listen(epoch);
        await Waiting.UntilAsync(() => Inbox.Listening == epoch && Connection.IsConnected, $"the node listens under {epoch}: {string.Join("; ", Log.Collector.GetSnapshot().Select(l => l.Message))}");
    }

    public async ValueTask DisposeAsync()
    {
        await Inbox.DisposeAsync();
        await Connection.DisposeAsync();
        Series.Dispose();
        _meters.Dispose();
    }
}
