namespace HeartbeatGateway.Server.Frames;

/// <summary>Recognises the names of a hello's fields however they are spelt.</summary>
internal static class HelloKeys
{
    /// <summary>Other fields of a hello than <c>clientId</c>, without case and separators, that occur in no usual message.</summary>
    private static readonly string[] Others = ["nonce", "heartbeatseconds"];

    /// <summary>True for <c>clientId</c> in any case and with any separators: <c>ClientID</c>, <c>client_id</c>, <c>client-id</c>.</summary>
    public static bool IsClientId(ReadOnlySpan<byte> name) => Is(name, "clientid");

    public static bool IsOtherField(ReadOnlySpan<byte> name)
    {
        foreach (var other in Others)
        {
            if (Is(name, other)) return true;
        }

        return false;
    }

    /// <summary>True when <c>clientId</c> occurs anywhere in the bytes, whatever encoding they have.</summary>
    public static bool Mentions(ReadOnlySpan<byte> content)
    {
        for (var i = 0; i < content.Length; i++)
        {
            if (Fold(content[i]) == 'c' && Match(content[i..], "clientid") > 0) return true;
        }

        return false;
    }

    private static bool Is(ReadOnlySpan<byte> name, string folded) => Match(name, folded) == name.Length && name.Length > 0;

    /// <summary>How many bytes at the start spell a name, without regard to case, separators and the NULs of UTF-16; 0 when they do not.</summary>
    private static int Match(ReadOnlySpan<byte> bytes, string folded)
    {
        var matched = 0;
        for (var i = 0; i < bytes.Length && i < folded.Length * 4; i++)
        {
            if (bytes[i] is (byte)'_' or (byte)'-' or (byte)' ' or 0) continue;
            if (Fold(bytes[i]) != folded[matched]) return 0;
            if (++matched == folded.Length) return i + 1;
        }

        return 0;
    }

    private static char Fold(byte character) => char.ToLowerInvariant((char)character);
}
