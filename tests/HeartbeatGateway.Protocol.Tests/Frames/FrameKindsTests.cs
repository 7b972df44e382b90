using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class FrameKindsTests
{
    [Fact]
    public void Every_kind_has_a_label_of_its_own()
    {
        var labels = FrameKinds.All.Select(kind => kind.ToLabel()).ToArray();
        Assert.Equal(Enum.GetValues<FrameKind>().Length, labels.Distinct().Count());
    }

    [Fact]
    public void A_label_is_the_type_on_the_wire()
    {
        foreach (var kind in FrameKinds.All)
        {
            var type = System.Text.Encoding.ASCII.GetBytes(kind.ToLabel());
            Assert.Equal(kind, FrameKinds.Of(type));
        }
    }

    [Fact]
    public void A_value_outside_the_enumeration_has_no_label() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ((FrameKind)99).ToLabel());
}
