using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class FrameWriterTests
{
    [Fact]
    public void Writes_a_header_in_big_endian_and_pads_with_NUL()
    {
        var header = Filled();
        FrameWriter.WriteHeader(header, "message"u8, 0x00010203, "2026-11-22 10:00:00"u8);
        Assert.Equal([0, 0, 0, 0x76, 0, 1, 2, 3], header[..8]);
        Assert.Equal([.. "message"u8, .. new byte[43]], header[8..58]);
        Assert.Equal(new byte[50], header[58..108]);
        Assert.Equal([.. "2026-11-22 10:00:00"u8, .. new byte[31]], header[108..158]);
    }

    [Fact]
    public void Writes_the_same_header_as_the_test_encoder()
    {
        var header = Filled();
        FrameWriter.WriteHeader(header, "ping"u8, 0, "2026-11-22 10:00:00"u8);
        Assert.Equal(TestFrame.Ping().ToBytes(), header);
    }

    [Fact]
    public void Cuts_a_long_type_before_the_token_field()
    {
        // é has two bytes, at the offsets 49 and 50. The field ends at offset 49, so é does not fit.
        var header = Filled();
        var start = new string('t', 49);
        FrameWriter.WriteHeader(header, Encoding.UTF8.GetBytes(start + "é"), 0, "2026-11-22 10:00:00"u8);
        Assert.Equal([.. Encoding.ASCII.GetBytes(start), 0], header[8..58]);
        Assert.Equal(new byte[50], header[58..108]);
    }

    [Fact]
    public void Throws_for_a_negative_length() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameWriter.WriteHeader(new byte[158], "ping"u8, -1, "2026-11-22 10:00:00"u8));

    private static byte[] Filled()
    {
        var header = new byte[158];
        Array.Fill(header, (byte)0xEE);
        return header;
    }
}
