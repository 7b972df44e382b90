using HeartbeatGateway.Transport;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>All of the reserve or nothing of it.</summary>
public sealed class DescriptorReserveTests
{
    private int _free = 100;
    private int _open;

    [Fact]
    public void It_is_held_from_the_beginning_and_let_go_whole()
    {
        using var reserve = new DescriptorReserve(Open);
        Assert.Equal(DescriptorReserve.Descriptors, _open);
        reserve.Release();
        Assert.Equal(0, _open);
        Assert.True(reserve.TryHold());
        Assert.Equal(DescriptorReserve.Descriptors, _open);
    }

    [Fact]
    public void What_is_held_is_not_taken_again()
    {
        using var reserve = new DescriptorReserve(Open);
        Assert.True(reserve.TryHold());
        Assert.Equal(DescriptorReserve.Descriptors, _open);
    }

    [Fact]
    public void When_one_is_missing_none_is_kept()
    {
        _free = DescriptorReserve.Descriptors - 1;
        using var reserve = new DescriptorReserve(Open);
        Assert.Equal(0, _open);
        Assert.False(reserve.TryHold());
        Assert.Equal(0, _open);
        _free++;
        Assert.True(reserve.TryHold());
        Assert.Equal(DescriptorReserve.Descriptors, _open);
    }

    [Fact]
    public void It_is_let_go_at_once_when_nothing_is_left_beside_it()
    {
        _free = DescriptorReserve.Descriptors + 1;
        using var reserve = new DescriptorReserve(Open);
        reserve.ReleaseIfUsedUp();
        Assert.Equal(DescriptorReserve.Descriptors, _open);
        _free--;
        reserve.ReleaseIfUsedUp();
        Assert.Equal(0, _open);
        reserve.ReleaseIfUsedUp();
        Assert.Equal(0, _open);
    }

    [Fact]
    public void After_its_end_it_takes_none_and_keeps_nobody_waiting()
    {
        var reserve = new DescriptorReserve(Open);
        reserve.Dispose();
        Assert.Equal(0, _open);
        Assert.True(reserve.TryHold());
        Assert.Equal(0, _open);
    }

    private Descriptor Open()
    {
        if (_open == _free) throw new IOException("Too many open files");
        _open++;
        return new Descriptor(() => _open--);
    }

    private sealed class Descriptor(Action closed) : IDisposable
    {
        public void Dispose() => closed();
    }
}
