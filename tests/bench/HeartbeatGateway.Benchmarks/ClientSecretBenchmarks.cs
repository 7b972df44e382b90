using BenchmarkDotNet.Attributes;
using HeartbeatGateway.Benchmarks.Running;
using HeartbeatGateway.Million.Transport;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Benchmarks;

/// <summary>As <see cref="PongBenchmarks"/>, with a secret for each client: one hash verifies the ping, and one signs the answer.</summary>
public class ClientSecretBenchmarks
{
    private const int Clients = 4096;

    private Engine _engine = new();
    private MemoryConnection[] _connections = [];
    private ReadOnlyMemory<byte>[] _pings = [];
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        _engine = new Engine(perClient: true);
        var master = new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret);
        // Valid for five minutes, so the driver signs nothing while it measures.
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        (_connections, _pings) = (new MemoryConnection[Clients], new ReadOnlyMemory<byte>[Clients]);
        for (var i = 0; i < Clients; i++)
        {
            var signer = new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, master.DeriveText($"device-{i}"))] }, TokenRole.Client).Keys[0].Named;
            _connections[i] = _engine.Connect();
            _connections[i].Send(signer.Encode(FrameKinds.Hello, EngineHarness.Hello($"device-{i}").ToJson(), now).Span);
            _pings[i] = signer.Ping(now);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _engine.Dispose();

    [Benchmark]
    [Allocates(0)]
    public bool PingAndPongUnderAClientSecret()
    {
        var client = _next++ % Clients;
        return _connections[client].Send(_pings[client].Span);
    }
}
