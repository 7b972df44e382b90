using System.Buffers;
using BenchmarkDotNet.Attributes;
using HeartbeatGateway.Benchmarks.Running;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Benchmarks;

/// <summary>Parsing frames from received bytes.</summary>
public class FrameReaderBenchmarks
{
    private const int Many = 16;

    private ReadOnlySequence<byte> _one;
    private ReadOnlySequence<byte> _many;
    private ReadOnlySequence<byte> _split;
    private FrameReader _reader;

    [GlobalSetup]
    public void Setup()
    {
        var ping = Frames.Ping();
        _one = new ReadOnlySequence<byte>(ping);
        _many = new ReadOnlySequence<byte>([.. Enumerable.Repeat(ping, Many).SelectMany(bytes => bytes)]);
        var first = new Segment(ping.AsMemory(0, 100), 0, null);
        var second = new Segment(ping.AsMemory(100), 100, first);
        _split = new ReadOnlySequence<byte>(first, 0, second, second.Memory.Length);
    }

    [Benchmark]
    [Allocates(0)]
    public int OnePing() => Read(_one);

    [Benchmark(OperationsPerInvoke = Many)]
    [Allocates(0)]
    public int OneOfSixteenPings() => Read(_many);

    /// <summary>A ping whose header is split across two segments.</summary>
    [Benchmark]
    [Allocates(0)]
    public int SplitPing() => Read(_split);

    private int Read(ReadOnlySequence<byte> buffer)
    {
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var frames = 0;
        while (_reader.TryRead(ref buffer, scratch, 65536, FrameResync.Strict, out _) == FrameReadStatus.Complete) frames++;
        return frames;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index, Segment? before)
        {
            (Memory, RunningIndex) = (memory, index);
            if (before is not null) before.Next = this;
        }
    }
}
