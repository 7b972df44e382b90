using System.Buffers;
using System.Text;

namespace HeartbeatGateway.Protocol.Frames;

/// <summary>A frame in the receive buffer: a view that is valid until the buffer is advanced.</summary>
public readonly ref struct Frame
{
    internal Frame(ReadOnlySpan<byte> header, ReadOnlySequence<byte> content)
    {
        Header = header;
        Content = content;
        Type = FrameFormat.Trim(header.Slice(FrameFormat.TypeOffset, FrameFormat.FieldLength));
        Kind = FrameKinds.Of(Type);
    }

    /// <summary>The 158 bytes of the header, as they were sent.</summary>
    public ReadOnlySpan<byte> Header { get; }

    /// <summary>The content: opaque bytes.</summary>
    public ReadOnlySequence<byte> Content { get; }

    /// <summary>The trimmed type, as the peer sent it; not necessarily valid UTF-8.</summary>
    public ReadOnlySpan<byte> Type { get; }

    /// <summary>The kind that the type stands for.</summary>
    public FrameKind Kind { get; }

    /// <summary>The trimmed token.</summary>
    public ReadOnlySpan<byte> Token => FrameFormat.Trim(TokenField);

    /// <summary>The trimmed created field: the date and any text after its 19 characters.</summary>
    public ReadOnlySpan<byte> Created => FrameFormat.Trim(CreatedField);

    /// <summary>Reads the number after the date.</summary>
    /// <param name="number">The number, when there is one.</param>
    public FrameNumberStatus ReadNumber(out FrameNumber number) => FrameNumber.Read(Created, out number);

    /// <summary>The type as text; invalid UTF-8 becomes U+FFFD.</summary>
    public string TypeText => Encoding.UTF8.GetString(Type);

    internal ReadOnlySpan<byte> TokenField => Header.Slice(FrameFormat.TokenOffset, FrameFormat.FieldLength);

    internal ReadOnlySpan<byte> CreatedField => Header.Slice(FrameFormat.CreatedOffset, FrameFormat.FieldLength);
}
