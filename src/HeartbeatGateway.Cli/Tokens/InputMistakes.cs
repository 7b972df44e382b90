using System.Buffers.Binary;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary>Bytes that an encoder of <c>hmac-sha256</c> signs by mistake.</summary>
internal static class InputMistakes
{
    private const byte Blank = 0x20;

    /// <summary>The right bytes first, then wrong bytes with the mistake that gives them.</summary>
    public static IEnumerable<(byte[] Input, string Mistake)> Inputs(byte[] frame)
    {
        var head = frame[..FrameFormat.TokenOffset];
        var type = FrameFormat.Trim(frame.AsSpan(FrameFormat.TypeOffset, FrameFormat.FieldLength)).ToArray();
        var created = frame[FrameFormat.CreatedOffset..FrameFormat.HeaderLength];
        var date = FrameFormat.Trim(created).ToArray();
        var content = frame[FrameFormat.HeaderLength..];
        yield return ([.. head, .. created, .. content], "");
        foreach (var order in Orders(head, created, content)) yield return order;
        foreach (var padding in Paddings(frame, type, date, content)) yield return padding;
        yield return ([.. head, .. new byte[FrameFormat.FieldLength], .. created, .. content], "the encoder hashed the empty token field too; omit it");
        yield return (
            [.. frame[..FrameFormat.TypeOffset], .. type, .. date, .. content],
            "the encoder hashed type and date without their padding; they are hashed as sent, 50 bytes each");
        yield return ([.. head, .. created], "the encoder omitted the content");
        yield return (content, "the encoder hashed only the content");
        yield return ([.. frame[FrameFormat.TypeOffset..FrameFormat.TokenOffset], .. created, .. content], "the encoder omitted magic and length");
        yield return ([.. type, .. date, .. content], "the encoder hashed only the texts; the token also covers magic, length and padding");
    }

    private static IEnumerable<(byte[] Input, string Mistake)> Orders(byte[] head, byte[] created, byte[] content)
    {
        const string Advice = "all integers are big-endian, also where they are hashed";
        var length = (byte[])[.. head];
        BinaryPrimitives.WriteInt32LittleEndian(length.AsSpan(FrameFormat.LengthOffset), content.Length);
        if (content.Length > 0) yield return ([.. length, .. created, .. content], $"the encoder hashed the length in little-endian order; {Advice}");
        var both = (byte[])[.. length];
        BinaryPrimitives.WriteInt32LittleEndian(both, FrameFormat.Magic);
        yield return ([.. both, .. created, .. content], $"the encoder hashed magic and length in little-endian order; {Advice}");
        var whole = (byte[])[.. head];
        BinaryPrimitives.WriteInt32BigEndian(whole.AsSpan(FrameFormat.LengthOffset), FrameFormat.HeaderLength + content.Length);
        yield return ([.. whole, .. created, .. content], "the encoder hashed the length of the whole frame; the length is that of the content");
        yield return ([.. head, .. content, .. created], "the encoder hashed the content before the date; the order is that of the frame");
    }

    private static IEnumerable<(byte[] Input, string Mistake)> Paddings(byte[] frame, byte[] type, byte[] date, byte[] content)
    {
        var start = frame[..FrameFormat.TypeOffset];
        yield return (
            [.. start, .. Padded(type, Blank), .. Padded(date, Blank), .. content],
            "the encoder hashed type and date padded with blanks, but sent other bytes; they are hashed as sent");
        yield return (
            [.. start, .. Padded(type, 0), .. Padded(date, 0), .. content],
            "the encoder hashed type and date padded with NUL, but sent other bytes (such as blanks); they are hashed as sent");
    }

    private static byte[] Padded(byte[] text, byte padding)
    {
        var field = new byte[FrameFormat.FieldLength];
        field.AsSpan().Fill(padding);
        text.AsSpan(0, Math.Min(text.Length, field.Length)).CopyTo(field);
        return field;
    }
}
