using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Finds the probable meaning of bytes at a position where a frame must start.</summary>
internal static class StrayHints
{
    public static IReadOnlyList<string> For(ReadOnlySpan<byte> stray, int? contentBefore, bool isFrameBehind)
    {
        var hints = new List<string>();
        if (stray.StartsWith((ReadOnlySpan<byte>)[FrameFormat.Magic, 0, 0, 0]))
        {
            hints.Add("this is the magic in little-endian order; all integers of the protocol are big-endian");
        }
        else if (stray.StartsWith((ReadOnlySpan<byte>)[0, 0, FrameFormat.Magic, 0]))
        {
            hints.Add("the bytes are swapped in pairs: this is the format of plain 'hexdump'; use 'hexdump -C' or 'xxd'");
        }
        else if (stray.StartsWith("PROXY "u8) || stray.StartsWith("\r\n\r\n\0\r\nQUIT\n"u8))
        {
            hints.Add("this is a PROXY protocol header: a load balancer added it before the frames");
        }
        else if (stray.StartsWith("GET "u8) || stray.StartsWith("POST "u8) || stray.StartsWith("HTTP/"u8))
        {
            hints.Add("this is HTTP: the peer uses this port as the port of a web server");
        }
        else if (stray.Length > 2 && stray[0] is >= 0x14 and <= 0x17 && stray[1] == 3)
        {
            hints.Add("this is a TLS record: the bytes are from an encrypted connection, or one side uses TLS and the other side does not");
        }
        else if (stray.StartsWith("00000076"u8))
        {
            hints.Add("this is hex in hex: the input was encoded twice");
        }

        if (contentBefore is { } length && isFrameBehind)
        {
            hints.Add($"with the length {length + stray.Length} instead of {length} in the frame before, the next frame would start at the right offset");
        }

        return hints;
    }
}
