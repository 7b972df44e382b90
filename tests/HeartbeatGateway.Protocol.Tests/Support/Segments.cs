using System.Buffers;

namespace HeartbeatGateway.Protocol.Tests.Support;

/// <summary>Creates sequences of several segments, as a pipe returns them.</summary>
internal static class Segments
{
    public static ReadOnlySequence<byte> Of(IEnumerable<byte[]> parts)
    {
        Segment? first = null;
        Segment? last = null;
        foreach (var part in parts)
        {
            last = new Segment(part, last);
            first ??= last;
        }

        return first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    public static ReadOnlySequence<byte> SplitAt(byte[] bytes, int cut) => Of([bytes[..cut], bytes[cut..]]);

    public static ReadOnlySequence<byte> OneByOne(byte[] bytes) => Of(bytes.Select(b => new[] { b }));

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? previous)
        {
            Memory = bytes;
            if (previous is null) return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
