namespace HeartbeatGateway.Protocol.Frames;

/// <summary>The positions and sizes of a frame's fields. All integers are big-endian; see docs/protocol.md, part 1.</summary>
public static class FrameFormat
{
    /// <summary>The magic number, the first 4 bytes of every frame.</summary>
    public const int Magic = 0x76;

    /// <summary>The size of the header, in bytes. The content follows it.</summary>
    public const int HeaderLength = 158;

    /// <summary>The size of each of the three text fields (type, token, created), in bytes.</summary>
    public const int FieldLength = 50;

    /// <summary>The offset of the content length.</summary>
    public const int LengthOffset = 4;

    /// <summary>The offset of the type field.</summary>
    public const int TypeOffset = 8;

    /// <summary>The offset of the token field.</summary>
    public const int TokenOffset = 58;

    /// <summary>The offset of the created field.</summary>
    public const int CreatedOffset = 108;

    /// <summary>Removes the bytes 0x00 to 0x20 at both ends of a field, as Java's <c>String.trim</c> does.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> field)
    {
        var start = field.IndexOfAnyExceptInRange((byte)0, (byte)0x20);
        if (start < 0) return default;
        var end = field.LastIndexOfAnyExceptInRange((byte)0, (byte)0x20);
        return field[start..(end + 1)];
    }

    /// <summary>
    /// Copies a text into a field and pads the field with NUL. A text that does not fit is cut at the end of the field, and never
    /// inside a UTF-8 sequence.
    /// </summary>
    public static void WriteField(ReadOnlySpan<byte> text, Span<byte> field)
    {
        var length = Math.Min(text.Length, field.Length);
        if (length < text.Length)
        {
            // A continuation byte (10xxxxxx) directly after the cut means that its UTF-8 sequence does not fit completely.
            while (length > 0 && (text[length] & 0xC0) == 0x80) length--;
        }

        text[..length].CopyTo(field);
        field[length..].Clear();
    }
}
