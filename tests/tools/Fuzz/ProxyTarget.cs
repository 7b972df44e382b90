using System.Buffers;
using HeartbeatGateway.Server.Admission;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Fuzz;

/// <summary>The PROXY header, byte by byte: the first answer must not change, whatever bytes follow and however the input is split.</summary>
internal sealed class ProxyTarget : IFuzzTarget
{
    /// <summary>A little more than the longest valid header.</summary>
    private const int MaxLength = 2100;

    public IEnumerable<(string Name, byte[] Input)> Seeds =>
    [
        ("v1-tcp4", [.. "PROXY TCP4 192.0.2.1 192.0.2.2 1000 8081\r\n"u8, 0, 0, 0, 0x76]),
        ("v1-tcp6", [.. "PROXY TCP6 2001:db8::1 2001:db8::2 65535 0\r\n"u8]),
        ("v1-unknown", [.. "PROXY UNKNOWN ffff::1 ffff::1 65535 65535\r\n"u8]),
        ("v1-long", [.. "PROXY "u8, .. new byte[110]]),
        ("v2-tcp4", [.. Binary(0x21, 0x11, 12), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0]),
        ("v2-tcp6", [.. Binary(0x21, 0x21, 39), .. new byte[36], 4, 0, 0]),
        ("v2-local", [.. Binary(0x20, 0, 0)]),
        ("v2-unix", [.. Binary(0x21, 0x31, 216), .. new byte[216]]),
        ("v2-too-long", [.. Binary(0x21, 0x11, 0xFFFF)]),
        ("frame", SeedFrames.Ping),
    ];

    public void Run(byte[] input)
    {
        if (input.Length > MaxLength) input = input[..MaxLength];
        var (whole, wholeLeft) = Read(new ReadOnlySequence<byte>(input));
        for (var length = 0; length <= input.Length; length++)
        {
            var (answer, left) = Read(Pieces.Of(input.AsMemory(0, length), 5));
            if (answer is null) continue;
            if (answer != whole || (answer.Value.Fault is null && left + input.Length - length != wholeLeft))
            {
                throw new FuzzException($"The answer after {length} bytes differs from the answer after all bytes.");
            }

            return;
        }

        if (whole is not null) throw new FuzzException("There is an answer for the input in one piece, but none for the same input in several pieces.");
    }

    private static (ProxyHeaderAnswer? Answer, long Left) Read(ReadOnlySequence<byte> bytes)
    {
        _ = ProxySignature.IsLikely(bytes);
        return ProxyHeader.TryRead(ref bytes, out var answer) ? (answer, bytes.Length) : (null, bytes.Length);
    }

    private static byte[] Binary(byte command, byte family, ushort length) => [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, (byte)(length >> 8), (byte)length];
}
