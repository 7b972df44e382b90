using System.Buffers;
using System.Net;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Timeouts;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Testing;

/// <summary>An engine on a fake clock that the test advances, with clients on pipes, and with access to its metrics and log lines.</summary>
public sealed class EngineHarness : IDisposable
{
    public static readonly IPAddress DefaultAddress = IPAddress.Parse("192.0.2.1");
    private readonly TestMeterFactory _meters = new();
    private readonly ILoggerFactory _loggers;

    public EngineHarness(
        Action<GatewayOptions>? configure = null, IMessageSink? sink = null, LogLevel minimumLevel = LogLevel.Trace, ILoggerProvider? logger = null, IClientAuthorizer? authorizer = null,
        ICluster? cluster = null)
    {
        Options = new GatewayOptions();
        Options.Tokens.Keys.Add(new TokenKeyOptions { Id = TestSecrets.KeyId, Secret = TestSecrets.Secret });
        configure?.Invoke(Options);
        _loggers = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(minimumLevel).AddProvider(new FakeLoggerProvider(Logs)).AddProvider(logger ?? NullLoggerProvider.Instance));
        Metrics = new MetricReader(_meters);
        Engine = new GatewayEngine(
            Options, new SinkSources(sink is not null, () => sink, () => []), Time, _meters, _loggers, new MemoryPressure(Time, () => HeapBytes, () => ResidentBytes, () => Collections++),
            authorizer, cluster);
    }

    public SteppedTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    public GatewayOptions Options { get; }

    public GatewayEngine Engine { get; }

    public MetricReader Metrics { get; }

    /// <summary>The size of the managed heap that the engine is given.</summary>
    public long HeapBytes { get; set; }

    /// <summary>The resident memory of the process that the engine is given.</summary>
    public long ResidentBytes { get; set; }

    /// <summary>How often the engine requested a garbage collection.</summary>
    public int Collections { get; private set; }

    public FakeLogCollector Logs { get; } = FakeLogCollector.Create(new FakeLogCollectorOptions());

    public InMemoryClient Connect(IPAddress? address = null, int pauseWriterThreshold = 1024 * 1024, bool isProbe = false, TokenKeyring? keyring = null, bool namesKey = false) =>
        new(Engine, Time, keyring ?? TestSecrets.ClientKeyring(), new IPEndPoint(address ?? DefaultAddress, 50_000), pauseWriterThreshold, isProbe) { NamesKey = namesKey };

    /// <summary>A client behind a layer such as TLS: admission first, then the layer, then the read loop.</summary>
    public InMemoryClient ConnectThrough(Func<ConnectionContext, ConnectionDelegate, Task> layer) =>
        new(Engine, Time, TestSecrets.ClientKeyring(), new IPEndPoint(DefaultAddress, 50_000), pauseWriterThreshold: 1024 * 1024, isProbe: false, layer);

    /// <summary>A client that has been answered once.</summary>
    public async Task<InMemoryClient> ConnectedAsync(IPAddress? address = null, int pauseWriterThreshold = 1024 * 1024)
    {
        var client = Connect(address, pauseWriterThreshold);
        await client.PingAsync();
        await client.ReadFrameAsync();
        return client;
    }

    /// <summary>A hello with a unique nonce.</summary>
    public static HelloPayload Hello(
        string clientId = "pump-17", string? instance = "instance-a", long? attempt = 1, string? resume = null, TimeSpan? heartbeat = null, bool acceptsClose = true) => new()
        {
            ClientId = clientId,
            Instance = instance,
            Attempt = attempt,
            Nonce = Guid.NewGuid().ToString("N"),
            Resume = resume,
            Heartbeat = heartbeat,
            Features = acceptsClose ? [ProtocolFeatures.Close] : [],
        };

    /// <summary>A client that has sent a hello and received the welcome.</summary>
    public async Task<(InMemoryClient Client, WelcomePayload Welcome)> IdentifiedAsync(HelloPayload? hello = null, IPAddress? address = null)
    {
        var client = Connect(address);
        await client.HelloAsync(hello ?? Hello());
        return (client, await client.ReadWelcomeAsync());
    }

    /// <summary>The type of the one frame in some bytes, whatever its token is: the key of the liveness probe is known to the engine alone.</summary>
    public static string TypeOfSingle(byte[] bytes)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        var reader = default(FrameReader);
        var status = reader.TryRead(ref buffer, stackalloc byte[FrameFormat.HeaderLength], int.MaxValue, FrameResync.Strict, out var frame);
        return status == FrameReadStatus.Complete && buffer.IsEmpty ? frame.TypeText : throw new InvalidDataException($"{bytes.Length} bytes are not one frame: {status}.");
    }

    /// <summary>Advances the time as for a running process: the wheel ticks at every interval.</summary>
    public void Advance(TimeSpan time)
    {
        var end = Time.GetUtcNow() + time;
        while (Time.GetUtcNow() < end)
        {
            var left = end - Time.GetUtcNow();
            Time.Advance(left < TimerWheel.TickInterval ? left : TimerWheel.TickInterval);
            Engine.Wheel.Tick();
        }
    }

    /// <summary>Advances the time as for a stalled process: the wheel ticks once, at the end.</summary>
    public void Stall(TimeSpan time)
    {
        Time.Advance(time);
        Engine.Wheel.Tick();
    }

    /// <summary>
    /// Waits until the thread pool has started the work that was queued before, even on a busy machine. Otherwise a loop that advances the
    /// clock would run ahead of work that has not started.
    /// </summary>
    public static async Task SettleAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            var reached = new TaskCompletionSource();
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.SetResult(), reached, preferLocal: false);
            await reached.Task;
        }
    }

    /// <summary>Fails unless the metrics balance: opened = connected + handshaking + closed.</summary>
    public void AssertBalanced()
    {
        var opened = Metrics.Read("heartbeatgateway.connections.opened");
        var open = Metrics.Read("heartbeatgateway.connected_clients") + Metrics.Read("heartbeatgateway.handshaking_connections");
        var closed = Metrics.Sum("heartbeatgateway.connections.closed");
        if (!opened.Equals(open + closed)) throw new InvalidOperationException($"{opened} connections were opened, but {open} are open and {closed} closed.");
    }

    /// <summary>The number of connections that were closed for a reason.</summary>
    public double Closed(string reason) => Metrics.Read("heartbeatgateway.connections.closed", ("reason", reason));

    public void Dispose()
    {
        Engine.Dispose();
        Metrics.Dispose();
        _loggers.Dispose();
        _meters.Dispose();
    }
}
