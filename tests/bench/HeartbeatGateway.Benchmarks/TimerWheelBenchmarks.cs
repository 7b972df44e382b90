using BenchmarkDotNet.Attributes;
using HeartbeatGateway.Benchmarks.Running;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Benchmarks;

/// <summary>The timer wheel with clients that send heartbeats every five seconds, evenly spread.</summary>
public class TimerWheelBenchmarks
{
    /// <summary>The ticks in five seconds; in this time the wheel visits every client once.</summary>
    private const int TicksPerHeartbeat = 200;

    private readonly ManualClock _clock = new();
    private TimerWheel _wheel = null!;
    private Entry[] _entries = [];
    private Entry _other = new(0);
    private IdleState _idle;
    private int _next;

    [ParamsSource(nameof(AllSizes))]
    public int Connections { get; set; }

    public static IEnumerable<int> AllSizes => Sizes.All;

    [GlobalSetup]
    public void Setup()
    {
        _wheel = new TimerWheel(_clock, new ProcessPauses(), static _ => { });
        _entries = [.. Enumerable.Range(0, Connections).Select(_ => new Entry(TimeSpan.FromSeconds(5).Ticks))];
        var between = TimeSpan.FromSeconds(5) / Connections;
        for (var i = 0; i < Connections; i++) _wheel.Schedule(_entries[i], _clock.GetTimestamp() + (between * i).Ticks);
    }

    /// <summary>One tick of 25 ms: visits the clients that are due.</summary>
    [Benchmark(OperationsPerInvoke = TicksPerHeartbeat)]
    [Allocates(0)]
    public void Tick()
    {
        for (var i = 0; i < TicksPerHeartbeat; i++)
        {
            _clock.Advance(TimerWheel.TickInterval);
            _wheel.Tick();
        }
    }

    /// <summary>Receiving bytes: one store, without the wheel.</summary>
    [Benchmark]
    [Allocates(0)]
    public void Touch() => _idle.OnRead(_clock.GetTimestamp());

    /// <summary>Requesting a visit that is no earlier than the scheduled one: the wheel only compares the two times.</summary>
    [Benchmark]
    [Allocates(0)]
    public void AskForALaterVisit() => _wheel.Schedule(_entries[_next++ % Connections], _clock.GetTimestamp() + TimeSpan.TicksPerMinute);

    [Benchmark]
    [Allocates(64)]
    public void AddAndRemove()
    {
        _other = new Entry(0);
        _wheel.Schedule(_other, _clock.GetTimestamp() + TimeSpan.TicksPerSecond);
        _wheel.Remove(_other);
    }

    private sealed class Entry(long interval) : TimerWheelEntry
    {
        internal override long OnTimer(long now) => now + interval;
    }
}
