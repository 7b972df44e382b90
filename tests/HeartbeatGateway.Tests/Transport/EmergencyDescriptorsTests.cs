using HeartbeatGateway.Transport;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>Either the whole reserve is held or none of it.</summary>
public sealed class EmergencyDescriptorsTests
{
    private int _free = 100;
    private int _open;

    [Fact]
    public void The_reserve_is_held_at_creation_and_released_whole()
    {
        using var reserve = Reserve();
        Assert.Equal(EmergencyDescriptors.Descriptors, _open);
        reserve.Release();
        Assert.Equal(0, _open);
        Assert.True(reserve.TryHold());
        Assert.Equal(EmergencyDescriptors.Descriptors, _open);
    }

    [Fact]
    public void A_held_reserve_is_not_taken_again()
    {
        using var reserve = Reserve();
        Assert.True(reserve.TryHold());
        Assert.Equal(EmergencyDescriptors.Descriptors, _open);
    }

    [Theory]
    [InlineData(EmergencyDescriptors.Descriptors - 1, false)]
    [InlineData(EmergencyDescriptors.Descriptors, false)]
    [InlineData(EmergencyDescriptors.Descriptors + 1, true)]
    public void The_reserve_is_held_when_one_more_descriptor_is_free_and_not_otherwise(int free, bool isHeld)
    {
        _free = free;
        using var reserve = Reserve();
        Assert.Equal(isHeld, reserve.TryHold());
        Assert.Equal(isHeld ? EmergencyDescriptors.Descriptors : 0, _open);
    }

    [Fact]
    public void The_reserve_is_released_when_no_other_descriptor_is_free()
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
    public void After_dispose_the_reserve_takes_no_descriptors_and_blocks_no_accept()
    {
        var reserve = Reserve();
        reserve.Dispose();
        Assert.Equal(0, _open);
        Assert.True(reserve.TryHold());
        Assert.Equal(0, _open);
    }

    private EmergencyDescriptors Reserve() => new(() => _open == _free ? -1 : ++_open, _ => _open--);
}
