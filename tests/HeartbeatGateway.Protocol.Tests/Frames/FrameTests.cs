using System.Buffers;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class FrameTests
{
    [Theory]
    [InlineData("ping", FrameKind.Ping, "ping")]
    [InlineData("  ping  ", FrameKind.Ping, "ping")]
    [InlineData("\r\n\tmessage\0 \0", FrameKind.Message, "message")]
    [InlineData("Ping", FrameKind.Other, "Ping")]
    [InlineData("ping\0x", FrameKind.Other, "ping\0x")]
    [InlineData("значение", FrameKind.Other, "значение")]
    [InlineData("", FrameKind.Other, "")]
    [InlineData("        ", FrameKind.Other, "")]
    public void Trims_the_type_and_compares_it_byte_for_byte(string field, FrameKind kind, string text)
    {
        var frame = Read(new TestFrame { Type = Encoding.UTF8.GetBytes(field) });
        Assert.Equal(kind, frame.Kind);
        Assert.Equal(text, frame.TypeText);
        Assert.Equal(text, Encoding.UTF8.GetString(frame.Type));
    }

    [Fact]
    public void Replaces_invalid_UTF8_in_the_type_text()
    {
        var frame = Read(new TestFrame { Type = [0xC3, 0x28, 0xFF, (byte)'a', 0xE2, 0x82] });
        Assert.Equal(FrameKind.Other, frame.Kind);
        Assert.Equal("\uFFFD(\uFFFDa\uFFFD", frame.TypeText);
    }

    [Fact]
    public void Fields_of_padding_bytes_are_empty()
    {
        foreach (var padding in (byte[])[0, (byte)' ', (byte)'\t', 0x1F])
        {
            var field = new byte[50];
            Array.Fill(field, padding);
            var frame = Read(new TestFrame { Type = field, Token = field, Created = field });
            Assert.Empty(frame.Type);
            Assert.Empty(frame.Token);
            Assert.Empty(frame.Created);
            Assert.Equal("", frame.TypeText);
        }
    }

    [Fact]
    public void Reads_fields_of_50_bytes()
    {
        var full = Encoding.ASCII.GetBytes(new string('x', 50));
        var frame = Read(new TestFrame { Type = full, Token = full, Created = full });
        Assert.Equal(full, frame.Type);
        Assert.Equal(full, frame.Token);
        Assert.Equal(full, frame.Created);
    }

    [Fact]
    public void Content_is_opaque()
    {
        byte[] content = [0, 0xFF, 0, 0, 0, 0x76, 0x20, 0];
        Assert.Equal(content, Read(new TestFrame { Content = content }).Content);
    }

    private static Fields Read(TestFrame frame)
    {
        var buffer = new ReadOnlySequence<byte>(frame.ToBytes());
        var status = default(FrameReader).TryRead(ref buffer, new byte[158], 65536, FrameResync.Strict, out var read);
        Assert.Equal(FrameReadStatus.Complete, status);
        return new Fields(
            read.Kind, read.TypeText, read.Type.ToArray(), read.Token.ToArray(), read.Created.ToArray(), read.Content.ToArray());
    }

    private sealed record Fields(FrameKind Kind, string TypeText, byte[] Type, byte[] Token, byte[] Created, byte[] Content);
}
