using System.Buffers;
using System.Text;
using HeartbeatGateway.Tls;

namespace HeartbeatGateway.Tests.Tls;

public sealed class ClientHelloTests
{
    private const int Max = 16 * 1024;

    [Fact]
    public void A_whole_hello_in_one_record_is_complete_and_every_part_of_it_is_not()
    {
        var hello = Record(Message(300));
        Assert.Equal((ClientHello.Status.Complete, null), Examine(hello));
        for (var cut = 0; cut < hello.Length; cut++) Assert.Equal((ClientHello.Status.Incomplete, null), Examine(hello[..cut]));
    }

    [Fact]
    public void A_hello_may_be_spread_over_records_and_be_followed_by_more()
    {
        var message = Message(300);
        byte[] hello = [.. Record(message[..2]), .. Record(message[2..5]), .. Record(message[5..])];
        for (var cut = 0; cut < hello.Length; cut++) Assert.Equal((ClientHello.Status.Incomplete, null), Examine(hello[..cut]));
        Assert.Equal((ClientHello.Status.Complete, null), Examine([.. hello, 0x14, 0x03, 0x03]));
    }

    [Theory]
    [InlineData(Max - 4, false)]
    [InlineData(Max - 3, true)]
    [InlineData(131_000, true)]
    [InlineData(0xff_ffff, true)]
    public void A_hello_is_refused_by_the_size_that_it_declares(int length, bool isRefused)
    {
        var (status, fault) = Examine(Record(Message(length)[..Math.Min(length, 100)], declared: 16 * 1024));
        Assert.Equal(isRefused ? ClientHello.Status.Refused : ClientHello.Status.Incomplete, status);
        if (isRefused) Assert.Contains($"declares {length + 4} bytes, above Gateway:Tls:MaxClientHelloBytes ({Max})", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_small_records_are_bounded_too()
    {
        var message = Message(Max - 4);
        byte[] records = [.. message.SelectMany(b => Record([b]))];
        Assert.Equal(ClientHello.Status.Refused, Examine(records).Status);
        Assert.Equal(ClientHello.Status.Incomplete, Examine(records[..Max]).Status);
    }

    [Theory]
    [InlineData("\0\0\0v", "a plain frame")]
    [InlineData("GET / HTTP/1.1\r\n", "an HTTP request")]
    [InlineData("PRI * HTTP/2.0\r\n", "an HTTP request")]
    [InlineData("PROXY TCP4 ", "a PROXY header")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n", "a PROXY header")]
    [InlineData("x", "first byte is 0x78")]
    [InlineData("\u0016\u0002\u0001\0\u0005", "no TLS handshake")]
    [InlineData("\u0016\u0003\u0001\0\0", "no TLS handshake")]
    [InlineData("\u0016\u0003\u0001\0\u0005\u0002", "of type 2, not a ClientHello")]
    public void Other_bytes_are_refused_and_named(string bytes, string named)
    {
        var (status, fault) = Examine(Encoding.Latin1.GetBytes(bytes));
        Assert.Equal(ClientHello.Status.Refused, status);
        Assert.Contains(named, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_of_another_kind_inside_a_hello_is_named()
    {
        var (status, fault) = Examine([.. Record(Message(300)[..10]), 0x15, 0x03, 0x03, 0, 2, 2, 48]);
        Assert.Equal(ClientHello.Status.Refused, status);
        Assert.Equal("a record of type 21 stands inside its ClientHello", fault);
    }

    [Fact]
    public void The_version_is_that_of_the_hello_and_not_that_of_its_record()
    {
        Assert.Equal(((byte)3, (byte)2), ClientHello.VersionOf(new ReadOnlySequence<byte>(RawHello.Make(2, RawHello.Common))));
        Assert.Equal(((byte)3, (byte)3), ClientHello.VersionOf(new ReadOnlySequence<byte>(RawHello.Make(3, RawHello.Common))));
        // Cut by the first record: not known.
        Assert.Null(ClientHello.VersionOf(new ReadOnlySequence<byte>([.. Record(Message(300)[..5]), .. Record(Message(300)[5..])])));
        Assert.Null(ClientHello.VersionOf(new ReadOnlySequence<byte>(RawHello.Make(3, RawHello.Common)[..10])));
    }

    private static (ClientHello.Status Status, string? Fault) Examine(byte[] bytes) => (ClientHello.Examine(new ReadOnlySequence<byte>(bytes), Max, out var fault), fault?.Fault);

    private static byte[] Message(int length) => [1, (byte)(length >> 16), (byte)(length >> 8), (byte)length, .. new byte[length]];

    private static byte[] Record(byte[] fragment, int? declared = null) => [0x16, 0x03, 0x01, (byte)((declared ?? fragment.Length) >> 8), (byte)(declared ?? fragment.Length), .. fragment];
}
