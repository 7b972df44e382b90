using System.Buffers;
using System.Net;
using System.Text;
using CsCheck;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Admission;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Server.Tests.Admission;

public sealed class ProxyHeaderTests
{
    private static readonly byte[] Signature = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    [Theory]
    [InlineData("PROXY TCP4 198.51.100.22 203.0.113.7 35646 80\r\n", "198.51.100.22:35646")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "[2001:db8::1]:1")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("PROXY UNKNOWN ffff::1 whatever it says\r\n", null)]
    public void A_version_1_line_gives_its_source(string line, string? source)
    {
        var (answer, rest) = Read([.. Encoding.ASCII.GetBytes(line), 1, 2, 3]);
        Assert.Null(answer.Fault);
        Assert.Equal(source is null ? null : IPEndPoint.Parse(source), answer.Source);
        Assert.Equal([1, 2, 3], rest);
    }

    [Theory]
    [InlineData("PROXY TCP4 198.51.100.22 203.0.113.7 35646\r\n")]
    [InlineData("PROXY TCP4 198.51.100.22 203.0.113.7 35646 80 \r\n")]
    [InlineData("PROXY TCP4 198.51.100.22  203.0.113.7 35646 80\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n")]
    [InlineData("PROXY TCP6 198.51.100.22 203.0.113.7 1 2\r\n")]
    [InlineData("PROXY TCP4 198.51.100.022 203.0.113.7 1 2\r\n")]
    [InlineData("PROXY TCP4 1.2 203.0.113.7 1 2\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n")]
    [InlineData("PROXY TCP4 198.51.100.22 203.0.113.7 -1 80\r\n")]
    [InlineData("PROXY TCP4 198.51.100.22 203.0.113.7 65536 80\r\n")]
    [InlineData("PROXY TCP4 198.51.100.22 203.0.113.7 +1 80\r\n")]
    [InlineData("PROXY UDP4 198.51.100.22 203.0.113.7 1 80\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("proxy TCP4 198.51.100.22 203.0.113.7 1 80\r\n")]
    [InlineData("GET / HTTP/1.1\r\n")]
    public void Any_other_line_is_refused(string line)
    {
        var (answer, _) = Read(Encoding.ASCII.GetBytes(line));
        Assert.Equal(CloseReason.ProxyInvalid, answer.Failure);
        Assert.NotNull(answer.Fault);
    }

    [Fact]
    public void A_line_without_an_end_is_refused_at_the_length_bound()
    {
        Assert.Null(TryRead(Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 92))));
        Assert.Equal(CloseReason.ProxyInvalid, TryRead(Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 93)))?.Failure);
    }

    [Theory]
    [InlineData(0x21, 0x11, "C633641600000000C3820050", "198.51.100.22:50050")]
    [InlineData(0x21, 0x11, "C633641600000000C3820050030004AABBCCDD", "198.51.100.22:50050")]
    [InlineData(0x21, 0x21, "20010DB800000000000000000000000120010DB8000000000000000000000002000A0050", "[2001:db8::1]:10")]
    [InlineData(0x20, 0x00, "", null)]
    [InlineData(0x20, 0x11, "C633641600000000C3820050", null)]
    [InlineData(0x21, 0x00, "", null)]
    [InlineData(0x21, 0x31, "", null)]
    public void A_version_2_header_gives_its_source(byte command, byte family, string block, string? source)
    {
        var (answer, rest) = Read([.. Binary(command, family, Convert.FromHexString(block)), 0, 0, 0, 0x76]);
        Assert.Null(answer.Fault);
        Assert.Equal(source is null ? null : IPEndPoint.Parse(source), answer.Source);
        Assert.Equal([0, 0, 0, 0x76], rest);
    }

    [Theory]
    [InlineData(0x11, 0x11, "C633641600000000C3820050")]
    [InlineData(0x22, 0x11, "C633641600000000C3820050")]
    [InlineData(0x21, 0x11, "C6336416")]
    [InlineData(0x21, 0x21, "C633641600000000C3820050")]
    [InlineData(0x21, 0x12, "C633641600000000C3820050")]
    [InlineData(0x21, 0xFF, "")]
    public void Other_versions_commands_and_families_are_refused(byte command, byte family, string block) =>
        Assert.Equal(CloseReason.ProxyInvalid, Read(Binary(command, family, Convert.FromHexString(block))).Answer.Failure);

    [Fact]
    public void A_declared_length_above_the_bound_is_refused()
    {
        byte[] huge = [.. Signature, 0x21, 0x11, 0xFF, 0xFF];
        Assert.Equal(CloseReason.ProxyInvalid, TryRead(huge)?.Failure);
    }

    [Theory]
    [InlineData(4096, true)]
    [InlineData(4097, false)]
    [InlineData(5000, false)]
    public void A_version_2_header_has_at_most_4096_bytes(int length, bool isAccepted)
    {
        var address = Convert.FromHexString("C633641600000000C3820050");
        // A TLV of the client's certificate: type, length, value.
        var value = length - 16 - address.Length - 3;
        var (answer, rest) = Read([.. Binary(0x21, 0x11, [.. address, 0x20, (byte)(value >> 8), (byte)value, .. new byte[value]]), 7]);
        Assert.Equal(isAccepted ? CloseReason.None : CloseReason.ProxyInvalid, answer.Failure);
        if (isAccepted) Assert.Equal(IPEndPoint.Parse("198.51.100.22:50050"), answer.Source);
        if (isAccepted) Assert.Equal([7], rest);
    }

    [Fact]
    public void An_incomplete_header_asks_for_more_bytes_for_any_split()
    {
        foreach (var header in (byte[][])[Encoding.ASCII.GetBytes("PROXY TCP4 198.51.100.22 203.0.113.7 35646 80\r\n"), Binary(0x21, 0x11, Convert.FromHexString("C633641600000000C3820050"))])
        {
            for (var length = 0; length < header.Length; length++)
            {
                Assert.Null(TryRead(header[..length]));
                Assert.Equal(length > 0, ProxySignature.IsLikely(new ReadOnlySequence<byte>(header[..length])));
            }

            Assert.NotNull(TryRead(header)?.Source);
        }
    }

    [Fact]
    public void Any_bytes_are_parsed_without_an_exception() => Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, 2]).Sample((bytes, kind) =>
    {
        byte[] start = kind switch { 0 => [], 1 => [.. "PROXY "u8], _ => Signature };
        TryRead([.. start, .. bytes]);
        return true;
    });

    [Fact]
    public void The_start_of_a_frame_is_not_taken_for_a_header() =>
        Assert.False(ProxySignature.IsLikely(new ReadOnlySequence<byte>(new byte[] { 0, 0, 0, 0x76 })));

    private static byte[] Binary(byte command, byte family, byte[] block) => [.. Signature, command, family, (byte)(block.Length >> 8), (byte)block.Length, .. block];

    private static (ProxyHeaderAnswer Answer, byte[] Behind) Read(byte[] bytes)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        Assert.True(ProxyHeader.TryRead(ref buffer, out var answer));
        return (answer, buffer.ToArray());
    }

    private static ProxyHeaderAnswer? TryRead(byte[] bytes)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        return ProxyHeader.TryRead(ref buffer, out var answer) ? answer : null;
    }
}
