namespace HeartbeatGateway.Faults.Tests.Clusters.Support;

/// <summary>Finds the end of each answer in a stream of bytes from Redis (RESP2 and RESP3).</summary>
internal static class RespSplitter
{
    /// <summary>The length of the first value of a buffer, with all values inside it; -1 when its end is not there yet.</summary>
    public static int LengthOfFirst(ReadOnlySpan<byte> bytes)
    {
        var lineEnd = bytes.IndexOf("\r\n"u8);
        if (lineEnd < 0) return -1;
        var length = lineEnd + 2;
        switch (bytes[0])
        {
            case (byte)'$' or (byte)'=' or (byte)'!':
                var size = Number(bytes[1..lineEnd]);
                return size < 0 ? length : length + size + 2 is var whole && whole <= bytes.Length ? whole : -1;
            case (byte)'*' or (byte)'>' or (byte)'~':
                return LengthOfAll(bytes, length, Number(bytes[1..lineEnd]));
            case (byte)'%' or (byte)'|':
                return LengthOfAll(bytes, length, 2 * Number(bytes[1..lineEnd]));
            default:
                return length;
        }
    }

    /// <summary>The value is a message of a channel, pushed to a subscriber.</summary>
    public static bool IsChannelMessage(ReadOnlySpan<byte> value)
    {
        var head = value[..Math.Min(value.Length, 24)];
        return (value[0] == (byte)'>' || value[0] == (byte)'*')
            && (head.IndexOf("\r\n$7\r\nmessage\r\n"u8) > 0 || head.IndexOf("\r\n$8\r\npmessage\r\n"u8) > 0 || head.IndexOf("\r\n$8\r\nsmessage\r\n"u8) > 0);
    }

    private static int LengthOfAll(ReadOnlySpan<byte> bytes, int length, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (length >= bytes.Length) return -1;
            var next = LengthOfFirst(bytes[length..]);
            if (next < 0) return -1;
            length += next;
        }

        return length;
    }

    private static int Number(ReadOnlySpan<byte> digits) =>
        int.Parse(System.Text.Encoding.ASCII.GetString(digits), System.Globalization.CultureInfo.InvariantCulture);
}
