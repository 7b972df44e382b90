using BenchmarkDotNet.Attributes;
using HeartbeatGateway.Benchmarks.Running;
using HeartbeatGateway.Million.Transport;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Benchmarks;

/// <summary>
/// A ping's path through the gateway: read, verified, answered, flushed. Many clients take turns, because the gateway treats a client that sends
/// continuously differently.
/// </summary>
public class PongBenchmarks
{
    private const int Clients = 4096;

    private readonly TokenSigner _client = TestSecrets.ClientKeyring().Keys[0].Named;
    private readonly TokenSigner _gateway = Frames.Keyring(TokenRole.Gateway).Keys[0].Named;
    private Engine _engine = new();
    private MemoryConnection[] _connections = [];
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        _engine = new Engine();
        _connections = [.. Enumerable.Range(0, Clients).Select(_ => _engine.Connect())];
    }

    [GlobalCleanup]
    public void Cleanup() => _engine.Dispose();

    /// <summary>The frame that answers all pings of a second except the first.</summary>
    [Benchmark]
    [Allocates(0)]
    public int PongOfTheSameSecond() => _gateway.Ping(Frames.Date).Length;

    /// <summary>A frame that is signed.</summary>
    [Benchmark]
    [Allocates(576)]
    public int SignedFrame() => _gateway.Encode(FrameKinds.Ping, default, Frames.Date).Length;

    /// <summary>The whole path. Allocations at a new second, including those for the driver's ping, are a fraction of a byte per ping.</summary>
    [Benchmark]
    [Allocates(0)]
    public bool PingAndPong()
    {
        var ping = _client.Ping(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        return _connections[_next++ % Clients].Send(ping.Span);
    }
}
