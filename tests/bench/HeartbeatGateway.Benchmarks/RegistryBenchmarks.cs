using BenchmarkDotNet.Attributes;
using HeartbeatGateway.Benchmarks.Running;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Benchmarks;

/// <summary>The table of all connections.</summary>
public class RegistryBenchmarks
{
    private readonly ConnectionTable _table = new();
    private Engine _engine = new();
    private GatewayConnection[] _connections = [];
    private GatewayConnection _other = null!;
    private int _next;

    [ParamsSource(nameof(AllSizes))]
    public int Connections { get; set; }

    public static IEnumerable<int> AllSizes => Sizes.All;

    [GlobalSetup]
    public void Setup()
    {
        _engine = new Engine();
        var transport = _engine.CreateConnection();
        _other = Make();
        _connections = [.. Enumerable.Range(0, Connections).Select(_ => Make())];
        foreach (var connection in _connections) _table.Add(connection);

        GatewayConnection Make() => new(_engine.Gateway.Lifecycle, transport, default, isProbe: false);
    }

    [GlobalCleanup]
    public void Cleanup() => _engine.Dispose();

    [Benchmark]
    [Allocates(0)]
    public void AddAndRemove()
    {
        _table.Add(_other);
        _table.Remove(_other);
    }

    /// <summary>A different connection each time, far from the last one.</summary>
    [Benchmark]
    [Allocates(0)]
    public object? Find()
    {
        _next = (_next + 7919) % Connections;
        return _table.Find(_connections[_next].Id);
    }

    /// <summary>Enumerates all connections, as a broadcast does.</summary>
    [Benchmark]
    [Allocates(64)]
    public int Enumerate()
    {
        var open = 0;
        foreach (var connection in _table.All()) open += connection.HasEnded ? 0 : 1;
        return open;
    }
}
