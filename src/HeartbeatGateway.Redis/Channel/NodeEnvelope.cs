using System.Buffers.Binary;
using System.Text;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Channel;

/// <summary>What one message of an inbox is.</summary>
internal enum EnvelopeKind : byte
{
    Question = 1,
    Answer = 2,
    Probe = 3,
}

/// <summary>
/// One message between nodes. Bytes: format version (1), kind, correlation id (8, big-endian). A question goes on with its deadline (8, big-endian, milliseconds
/// since 1970 by Redis' clock, 0 for none), the asking epoch and the verb (each a byte of length, then ASCII), and its body. An answer goes on with its kind
/// (<see cref="NodeAnswerKind"/>) and its body. A probe ends with the id.
/// </summary>
internal readonly record struct NodeEnvelope(EnvelopeKind Kind, long Id)
{
    private const byte Version = 1;
    private const int HeadBytes = 10;

    /// <summary>The deadline of a question; 0 for none.</summary>
    public long Deadline { get; init; }

    /// <summary>The epoch that asks.</summary>
    public string From { get; init; } = "";

    public string Verb { get; init; } = "";

    /// <summary>What an answer says.</summary>
    public NodeAnswerKind Result { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    public byte[] Encode()
    {
        var text = Kind == EnvelopeKind.Question ? 8 + 1 + From.Length + 1 + Verb.Length : Kind == EnvelopeKind.Answer ? 1 : 0;
        var bytes = new byte[HeadBytes + text + Body.Length];
        bytes[0] = Version;
        bytes[1] = (byte)Kind;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(2), Id);
        var at = HeadBytes;
        if (Kind == EnvelopeKind.Question)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(at), Deadline);
            at += 8;
            at += WriteText(bytes.AsSpan(at), From);
            at += WriteText(bytes.AsSpan(at), Verb);
        }
        else if (Kind == EnvelopeKind.Answer) bytes[at++] = (byte)Result;

        Body.Span.CopyTo(bytes.AsSpan(at));
        return bytes;
    }

    /// <returns>False when the bytes are no message of this version.</returns>
    public static bool TryDecode(ReadOnlyMemory<byte> bytes, out NodeEnvelope envelope)
    {
        envelope = default;
        var span = bytes.Span;
        if (span.Length < HeadBytes || span[0] != Version) return false;
        var id = BinaryPrimitives.ReadInt64BigEndian(span[2..]);
        var at = HeadBytes;
        switch ((EnvelopeKind)span[1])
        {
            case EnvelopeKind.Probe:
                envelope = new NodeEnvelope(EnvelopeKind.Probe, id);
                return span.Length == at;
            case EnvelopeKind.Answer when span.Length > at && Enum.IsDefined((NodeAnswerKind)span[at]):
                envelope = new NodeEnvelope(EnvelopeKind.Answer, id) { Result = (NodeAnswerKind)span[at], Body = bytes[(at + 1)..] };
                return true;
            case EnvelopeKind.Question when span.Length >= at + 8:
                var deadline = BinaryPrimitives.ReadInt64BigEndian(span[at..]);
                at += 8;
                if (!TryReadText(span, ref at, out var from) || !TryReadText(span, ref at, out var verb)) return false;
                envelope = new NodeEnvelope(EnvelopeKind.Question, id) { Deadline = deadline, From = from, Verb = verb, Body = bytes[at..] };
                return true;
            default:
                return false;
        }
    }

    private static int WriteText(Span<byte> bytes, string text)
    {
        bytes[0] = checked((byte)text.Length);
        return 1 + Encoding.ASCII.GetBytes(text, bytes[1..]);
    }

    private static bool TryReadText(ReadOnlySpan<byte> bytes, ref int at, out string text)
    {
        text = "";
        if (at >= bytes.Length || bytes.Length - at - 1 < bytes[at]) return false;
        text = Encoding.ASCII.GetString(bytes.Slice(at + 1, bytes[at]));
        at += 1 + bytes[at];
        return true;
    }
}
