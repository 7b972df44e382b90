using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class FrameKindsTests
{
    [Fact]
    public void Every_kind_has_a_distinct_label()
    {
        var labels = FrameKinds.All.Select(kind => kind.ToLabel()).ToArray();
        Assert.Equal(Enum.GetValues<FrameKind>().Length, labels.Distinct().Count());
    }

    [Fact]
    public void Each_label_equals_the_wire_type()
    {
        foreach (var kind in FrameKinds.All)
        {
            var type = System.Text.Encoding.ASCII.GetBytes(kind.ToLabel());
            Assert.Equal(kind, FrameKinds.Of(type));
        }
    }

    [Fact]
    public void Throws_for_a_value_outside_the_enumeration() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ((FrameKind)99).ToLabel());
}
