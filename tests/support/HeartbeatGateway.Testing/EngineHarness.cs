using System.Net;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Admission;
using HeartbeatGateway.Server.Heartbeats;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace HeartbeatGateway.Testing;

/// <summary>An engine whose clock the test moves, with clients on pipes, and its metrics and log lines to look at.</summary>
public sealed class EngineHarness : IDisposable
{
    public static readonly IPAddress DefaultAddress = IPAddress.Parse("192.0.2.1");
    private readonly TestMeterFactory _meters = new();
    private readonly ILoggerFactory _loggers;

    public EngineHarness(Action<GatewayOptions>? configure = null, IMessageSink? sink = null, LogLevel minimumLevel = LogLevel.Trace, ILoggerProvider? logger = null)
    {
        Options = new GatewayOptions();
        Options.Tokens.Keys.Add(new TokenKeyOptions { Id = TestSecrets.KeyId, Secret = TestSecrets.Secret });
        configure?.Invoke(Options);
        _loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(minimumLevel).AddProvider(new FakeLoggerProvider(Logs)).AddProvider(logger ?? NullLoggerProvider.Instance));
        Metrics = new MetricReader(_meters);
        Engine = new GatewayEngine(Options, sink, Time, _meters, _loggers, new MemoryPressure(Time, () => HeapBytes, () => ResidentBytes, () => Collections++));
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    public GatewayOptions Options { get; }

    public GatewayEngine Engine { get; }

    public MetricReader Metrics { get; }

    /// <summary>How large the engine takes the managed heap to be.</summary>
    public long HeapBytes { get; set; }

    /// <summary>How large the engine takes the resident memory of its process to be.</summary>
    public long ResidentBytes { get; set; }

    /// <summary>How often the engine had the garbage collected.</summary>
    public int Collections { get; private set; }

    public FakeLogCollector Logs { get; } = FakeLogCollector.Create(new FakeLogCollectorOptions());

    public InMemoryClient Connect(IPAddress? address = null, int pauseWriterThreshold = 1024 * 1024, bool isProbe = false, TokenKeyring? keyring = null) =>
        new(Engine, Time, keyring ?? TestSecrets.ClientKeyring(), new IPEndPoint(address ?? DefaultAddress, 50_000), pauseWriterThreshold, isProbe);

    /// <summary>A client that a layer stands before, as TLS does: admitted first, read behind it.</summary>
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

    /// <summary>A hello with a nonce that no other has.</summary>
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

    /// <summary>A client that has said hello and was welcomed.</summary>
    public async Task<(InMemoryClient Client, WelcomePayload Welcome)> IdentifiedAsync(HelloPayload? hello = null, IPAddress? address = null)
    {
        var client = Connect(address);
        await client.HelloAsync(hello ?? Hello());
        return (client, await client.ReadWelcomeAsync());
    }

    /// <summary>Time goes by as it does for a process that runs: the wheel ticks all along.</summary>
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

    /// <summary>Time goes by without this process: then it runs again.</summary>
    public void Stall(TimeSpan time)
    {
        Time.Advance(time);
        Engine.Wheel.Tick();
    }

    /// <summary>
    /// Lets the thread pool come to what was queued before, however busy the machine is: a clock that is moved on in a loop would otherwise run
    /// away from work that has not begun.
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

    /// <summary>Fails unless the books balance: opened = connected + handshaking + closed.</summary>
    public void AssertBalanced()
    {
        var opened = Metrics.Read("heartbeatgateway.connections.opened");
        var standing = Metrics.Read("heartbeatgateway.connected_clients") + Metrics.Read("heartbeatgateway.handshaking_connections");
        var closed = Metrics.Sum("heartbeatgateway.connections.closed");
        if (!opened.Equals(standing + closed)) throw new InvalidOperationException($"{opened} connections opened, but {standing} stand and {closed} closed.");
    }

    /// <summary>How often connections closed for a reason.</summary>
    public double Closed(string reason) => Metrics.Read("heartbeatgateway.connections.closed", ("reason", reason));

    public void Dispose()
    {
        Engine.Dispose();
        Metrics.Dispose();
        _loggers.Dispose();
        _meters.Dispose();
    }
}
