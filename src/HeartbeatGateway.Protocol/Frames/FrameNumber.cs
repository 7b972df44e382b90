using System.Buffers.Text;

namespace HeartbeatGateway.Protocol.Frames;

/// <summary>
/// The number of a frame, as the text after its date: <c> n=42 g=1795341600123</c>. The token covers it. The generation is that of the connection, so a
/// recorded frame is valid on its own connection only; see docs/protocol.md, part 5.
/// </summary>
/// <param name="Number">The number: 1 to <see cref="Max"/>, or 0 in an <c>ack</c> that acknowledges nothing.</param>
/// <param name="Generation">The generation of the connection, from its welcome.</param>
public readonly record struct FrameNumber(long Number, long Generation)
{
    /// <summary>The highest number.</summary>
    public const long Max = 999_999_999_999;

    /// <summary>The longest generation, in digits: milliseconds since 1970 have 13 until the year 2286.</summary>
    private const int MaxGenerationDigits = 13;

    private const int MaxNumberDigits = 12;

    private static ReadOnlySpan<byte> NumberMark => " n="u8;

    private static ReadOnlySpan<byte> GenerationMark => " g="u8;

    /// <summary>Reads the text after the date of a created field. The date itself is not checked.</summary>
    /// <param name="created">The trimmed created field.</param>
    /// <param name="number">The number, when the result is <see cref="FrameNumberStatus.Numbered"/>.</param>
    public static FrameNumberStatus Read(ReadOnlySpan<byte> created, out FrameNumber number)
    {
        number = default;
        if (created.Length <= FrameDate.Length || !created[FrameDate.Length..].StartsWith(NumberMark)) return FrameNumberStatus.None;
        var text = created[(FrameDate.Length + NumberMark.Length)..];
        if (!TryReadDecimal(ref text, MaxNumberDigits, out var n)) return FrameNumberStatus.Malformed;
        if (!text.StartsWith(GenerationMark)) return FrameNumberStatus.Malformed;
        text = text[GenerationMark.Length..];
        if (!TryReadDecimal(ref text, MaxGenerationDigits, out var generation) || !text.IsEmpty) return FrameNumberStatus.Malformed;
        number = new FrameNumber(n, generation);
        return FrameNumberStatus.Numbered;
    }

    /// <summary>Writes the text that follows the date.</summary>
    /// <param name="destination">What follows the 19 characters of the date in a field of 50 bytes.</param>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="InvalidOperationException">The number or the generation is outside its range.</exception>
    internal int Write(Span<byte> destination)
    {
        if (Number is < 0 or > Max) throw new InvalidOperationException($"The number {Number} of a frame is outside 0 to {Max}.");
        NumberMark.CopyTo(destination);
        var length = NumberMark.Length;
        Utf8Formatter.TryFormat(Number, destination[length..], out var digits);
        length += digits;
        GenerationMark.CopyTo(destination[length..]);
        length += GenerationMark.Length;
        if (Generation < 0 || !Utf8Formatter.TryFormat(Generation, destination[length..], out digits) || digits > MaxGenerationDigits)
        {
            throw new InvalidOperationException($"The generation {Generation} does not fit a numbered frame.");
        }

        return length + digits;
    }

    /// <summary>Reads decimal digits without leading zeros.</summary>
    private static bool TryReadDecimal(ref ReadOnlySpan<byte> text, int maxDigits, out long value)
    {
        value = 0;
        var digits = 0;
        while (digits < text.Length && text[digits] is >= (byte)'0' and <= (byte)'9') digits++;
        if (digits is 0 || digits > maxDigits || (digits > 1 && text[0] == '0')) return false;
        for (var i = 0; i < digits; i++) value = (value * 10) + (text[i] - '0');
        text = text[digits..];
        return true;
    }
}
