namespace HeartbeatGateway.Protocol.Frames;

/// <summary>Where the fields of a frame stand. All integers are big-endian; see docs/protocol.md, part 1.</summary>
public static class FrameFormat
{
    /// <summary>The number that every frame starts with.</summary>
    public const int Magic = 0x76;

    /// <summary>Bytes before the content.</summary>
    public const int HeaderLength = 158;

    /// <summary>Bytes of each of the three text fields: type, token, created.</summary>
    public const int FieldLength = 50;

    /// <summary>Offset of the content's length.</summary>
    public const int LengthOffset = 4;

    /// <summary>Offset of the type field.</summary>
    public const int TypeOffset = 8;

    /// <summary>Offset of the token field.</summary>
    public const int TokenOffset = 58;

    /// <summary>Offset of the created field.</summary>
    public const int CreatedOffset = 108;

    /// <summary>Removes bytes up to 0x20 at both ends of a field, as Java's <c>String.trim</c> does.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> field)
    {
        var start = field.IndexOfAnyExceptInRange((byte)0, (byte)0x20);
        if (start < 0) return default;
        var end = field.LastIndexOfAnyExceptInRange((byte)0, (byte)0x20);
        return field[start..(end + 1)];
    }

    /// <summary>
    /// Copies a text into a field and pads it with NUL. A text that does not fit is cut at the field's end, never inside a
    /// UTF-8 sequence.
    /// </summary>
    public static void WriteField(ReadOnlySpan<byte> text, Span<byte> field)
    {
        var length = Math.Min(text.Length, field.Length);
        if (length < text.Length)
        {
            // A continuation byte (10xxxxxx) just behind the cut: the sequence that it belongs to does not fit whole.
            while (length > 0 && (text[length] & 0xC0) == 0x80) length--;
        }

        text[..length].CopyTo(field);
        field[length..].Clear();
    }
}
