using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class FrameWriterTests
{
    [Fact]
    public void A_header_is_laid_out_big_endian_and_padded_with_NUL()
    {
        var header = Filled();
        FrameWriter.WriteHeader(header, "message"u8, 0x00010203, "2026-11-22 10:00:00"u8);
        Assert.Equal([0, 0, 0, 0x76, 0, 1, 2, 3], header[..8]);
        Assert.Equal([.. "message"u8, .. new byte[43]], header[8..58]);
        Assert.Equal(new byte[50], header[58..108]);
        Assert.Equal([.. "2026-11-22 10:00:00"u8, .. new byte[31]], header[108..158]);
    }

    [Fact]
    public void A_header_is_what_the_tests_lay_out_by_hand()
    {
        var header = Filled();
        FrameWriter.WriteHeader(header, "ping"u8, 0, "2026-11-22 10:00:00"u8);
        Assert.Equal(TestFrame.Ping().ToBytes(), header);
    }

    [Fact]
    public void A_type_that_does_not_fit_does_not_reach_into_the_token()
    {
        // Two bytes of é are bytes 49 and 50, one too many.
        var header = Filled();
        var start = new string('t', 49);
        FrameWriter.WriteHeader(header, Encoding.UTF8.GetBytes(start + "é"), 0, "2026-11-22 10:00:00"u8);
        Assert.Equal([.. Encoding.ASCII.GetBytes(start), 0], header[8..58]);
        Assert.Equal(new byte[50], header[58..108]);
    }

    [Fact]
    public void A_negative_length_is_not_written() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameWriter.WriteHeader(new byte[158], "ping"u8, -1, "2026-11-22 10:00:00"u8));

    private static byte[] Filled()
    {
        var header = new byte[158];
        Array.Fill(header, (byte)0xEE);
        return header;
    }
}
