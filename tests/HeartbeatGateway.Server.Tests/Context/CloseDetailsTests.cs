using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Tests.Context;

public sealed class CloseDetailsTests
{
    /// <summary>The largest value of each part.</summary>
    public static TheoryData<string> Longest =>
    [
        CloseDetails.BadLength(int.MinValue, int.MaxValue - 1, int.MaxValue),
        CloseDetails.BadMagic(new byte[8]),
        CloseDetails.BadDate(PrintableText.From(new byte[FrameFormat.FieldLength], 30)),
        CloseDetails.WrongClock(long.MaxValue, TimeSpan.FromDays(1)),
        CloseDetails.Truncated(long.MaxValue, int.MaxValue),
        CloseDetails.ReaderIdle(TimeSpan.MaxValue),
        CloseDetails.AllIdle(TimeSpan.MaxValue),
        CloseDetails.FrameTimeout(int.MaxValue, TimeSpan.MaxValue),
        CloseDetails.MaxAge(TimeSpan.MaxValue),
        CloseDetails.PingFlood(int.MaxValue, int.MaxValue),
        CloseDetails.Memory(int.MaxValue),
    ];

    [Theory]
    [MemberData(nameof(Longest))]
    public void A_detail_is_never_longer_than_the_protocol_allows(string detail) => Assert.InRange(detail.Length, 1, CloseDetails.MaxChars);
}
