using BenchmarkDotNet.Attributes;
using HeartbeatGateway.Benchmarks.Running;
using HeartbeatGateway.Server.Outbound;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Benchmarks;

/// <summary>Sending frames to clients that accept them at once.</summary>
public class OutboundQueueBenchmarks
{
    private const int Many = 16;
    private const int Clients = 1000;
    private const int MaxPendingBytes = 256 * 1024;

    private readonly byte[] _frame = Frames.Ping();
    private readonly byte[] _content = new byte[1024];
    private Engine _engine = new();
    private OutboundQueue _queue = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _engine = new Engine();
        _queue = new OutboundQueue(new Owner());
        _queue.Attach(_engine.CreateConnection().Transport.Output);
        var ping = TestSecrets.ClientKeyring().Keys[0].Named.Ping(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        for (var i = 0; i < Clients; i++) _engine.Connect().Send(ping.Span);
        while (_engine.Gateway.ConnectedClients < Clients) await Task.Yield();
    }

    [GlobalCleanup]
    public void Cleanup() => _engine.Dispose();

    [Benchmark]
    [Allocates(0)]
    public bool OneFrame()
    {
        var result = _queue.TryWrite(_frame, MaxPendingBytes);
        _queue.Flush(1);
        return result == OutboundResult.Accepted;
    }

    [Benchmark(OperationsPerInvoke = Many)]
    [Allocates(0)]
    public bool OneOfSixteenFrames()
    {
        var result = OutboundResult.Accepted;
        for (var i = 0; i < Many; i++) result = _queue.TryWrite(_frame, MaxPendingBytes);
        _queue.Flush(1);
        return result == OutboundResult.Accepted;
    }

    /// <summary>One client's share of a broadcast of 1 KiB to a thousand clients, including the frame, which is signed once.</summary>
    [Benchmark(OperationsPerInvoke = Clients)]
    [Allocates(8)]
    public int ShareOfABroadcast() => _engine.Gateway.Broadcast("news", _content);

    private sealed class Owner : IOutboundOwner
    {
        public long Now => 1;

        public void BytesTaken(int bytes, long now)
        {
        }

        public void FramesDropped(int frames) => throw new InvalidOperationException("A frame was dropped.");

        public void WriteBlocked() => throw new InvalidOperationException("A write was blocked.");

        public void TransportClosed() => throw new InvalidOperationException("The transport has closed.");

        public void WriteFailed(Exception exception) => throw new InvalidOperationException("A write failed.", exception);
    }
}
