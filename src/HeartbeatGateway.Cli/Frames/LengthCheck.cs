using System.Buffers.Binary;
using HeartbeatGateway.Cli.Terminals;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Checks the length of a frame.</summary>
internal static class LengthCheck
{
    /// <summary>A finding for a length that no reader accepts; null for a valid length.</summary>
    public static Finding? Find(ReadOnlySpan<byte> frame, int at, int length, int maxContentBytes)
    {
        if (length >= 0 && length <= maxContentBytes) return null;
        var text = length < 0 ? $"the length {length} is negative" : $"the length {length} is above the limit of {maxContentBytes} bytes";
        var swapped = BinaryPrimitives.ReverseEndianness(length);
        return new Finding(Severity.Wrong, "length", text, at + FrameFormat.LengthOffset, sizeof(int))
        {
            Hints = swapped >= 0 && swapped <= maxContentBytes
                ? [$"in little-endian order it would be {swapped}; all integers of the protocol are big-endian"]
                : [],
        };
    }

    /// <summary>A finding for an input that ends before the frame does.</summary>
    public static Finding Truncated(ReadOnlySpan<byte> frame, int at, int length, ReadOnlySpan<byte> magic)
    {
        if (frame.Length < FrameFormat.HeaderLength)
        {
            return new Finding(
                Severity.Wrong,
                "length",
                $"the input ends inside the header: {FrameFormat.HeaderLength - frame.Length} of its {FrameFormat.HeaderLength} bytes are missing",
                at + frame.Length,
                0);
        }

        var present = frame.Length - FrameFormat.HeaderLength;
        var inside = frame[FrameFormat.HeaderLength..].IndexOf(magic);
        var place = FrameExplainer.Hex(at + FrameFormat.HeaderLength + inside);
        return new Finding(
            Severity.Wrong,
            "length",
            $"the length declares {Plural.Of(length, "byte")} of content, but {present} are present: {length - present} are missing",
            at + frame.Length,
            0)
        {
            Hints = inside < 0 ? [] : [$"the content contains a magic at offset {place}: with the length {inside} the next frame would start there"],
        };
    }
}
