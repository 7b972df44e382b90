using HeartbeatGateway.Testing;
using HeartbeatGateway.Tls;

namespace HeartbeatGateway.Tests.Tls;

public sealed class NativeMemoryTrimTests : IDisposable
{
    private readonly TestClock _time = new();
    private readonly NativeMemoryTrim _memory;
    private int _trims;

    public NativeMemoryTrimTests() => _memory = new NativeMemoryTrim(_time, () => _trims++);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Trims_once_after_a_burst()
    {
        End(NativeMemoryTrim.Worthwhile);
        Assert.Equal(0, _trims);
        _time.Advance(NativeMemoryTrim.Quiet);
        Assert.Equal(1, _trims);
        _time.Advance(NativeMemoryTrim.Quiet * 10);
        Assert.Equal(1, _trims);
    }

    [Fact]
    public void A_few_connections_are_not_worth_a_trim()
    {
        End(NativeMemoryTrim.Worthwhile - 1);
        _time.Advance(NativeMemoryTrim.Quiet * 20);
        Assert.Equal(0, _trims);
    }

    [Fact]
    public void Waits_until_the_burst_is_over()
    {
        End(NativeMemoryTrim.Worthwhile);
        for (var i = 0; i < 3; i++)
        {
            End(NativeMemoryTrim.Worthwhile / 10);
            _time.Advance(NativeMemoryTrim.Quiet);
            Assert.Equal(0, _trims);
        }

        End((NativeMemoryTrim.Worthwhile / 10) - 1);
        _time.Advance(NativeMemoryTrim.Quiet);
        Assert.Equal(1, _trims);
    }

    [Fact]
    public void Trims_after_a_minute_of_connections_that_end_without_pause()
    {
        End(NativeMemoryTrim.Worthwhile);
        for (var i = 0; i < NativeMemoryTrim.MaxWaits; i++)
        {
            Assert.Equal(0, _trims);
            End(NativeMemoryTrim.Worthwhile);
            _time.Advance(NativeMemoryTrim.Quiet);
        }

        Assert.Equal(1, _trims);
    }

    [Fact]
    public void The_trim_of_the_process_works_on_this_system()
    {
        using var memory = NativeMemoryTrim.OfProcess(_time);
        for (var i = 0; i < NativeMemoryTrim.Worthwhile; i++) memory.ConnectionEnded();
        _time.Advance(NativeMemoryTrim.Quiet);
    }

    private void End(int connections)
    {
        for (var i = 0; i < connections; i++) _memory.ConnectionEnded();
    }
}
