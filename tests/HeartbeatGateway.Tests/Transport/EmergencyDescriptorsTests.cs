using HeartbeatGateway.Transport;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>All of the reserve or nothing of it.</summary>
public sealed class EmergencyDescriptorsTests
{
    private int _free = 100;
    private int _open;

    [Fact]
    public void It_is_held_from_the_beginning_and_let_go_whole()
    {
        using var reserve = Reserve();
        Assert.Equal(EmergencyDescriptors.Descriptors, _open);
        reserve.Release();
        Assert.Equal(0, _open);
        Assert.True(reserve.TryHold());
        Assert.Equal(EmergencyDescriptors.Descriptors, _open);
    }

    [Fact]
    public void What_is_held_is_not_taken_again()
    {
        using var reserve = Reserve();
        Assert.True(reserve.TryHold());
        Assert.Equal(EmergencyDescriptors.Descriptors, _open);
    }

    [Theory]
    [InlineData(EmergencyDescriptors.Descriptors - 1, false)]
    [InlineData(EmergencyDescriptors.Descriptors, false)]
    [InlineData(EmergencyDescriptors.Descriptors + 1, true)]
    public void All_are_held_when_one_more_is_left_and_none_otherwise(int free, bool isHeld)
    {
        _free = free;
        using var reserve = Reserve();
        Assert.Equal(isHeld, reserve.TryHold());
        Assert.Equal(isHeld ? EmergencyDescriptors.Descriptors : 0, _open);
    }

    [Fact]
    public void It_is_let_go_at_once_when_nothing_is_left_beside_it()
    {
        _free = EmergencyDescriptors.Descriptors + 1;
        using var reserve = Reserve();
        reserve.ReleaseIfUsedUp();
        Assert.Equal(EmergencyDescriptors.Descriptors, _open);
        _free--;
        reserve.ReleaseIfUsedUp();
        Assert.Equal(0, _open);
        reserve.ReleaseIfUsedUp();
        Assert.Equal(0, _open);
    }

    [Fact]
    public void After_its_end_it_takes_none_and_keeps_nobody_waiting()
    {
        var reserve = Reserve();
        reserve.Dispose();
        Assert.Equal(0, _open);
        Assert.True(reserve.TryHold());
        Assert.Equal(0, _open);
    }

    private EmergencyDescriptors Reserve() => new(() => _open == _free ? -1 : ++_open, _ => _open--);
}
