using System.Buffers;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Connection;

/// <summary>Recognizes other protocols by the first bytes of a peer: the usual signs of a wrong port or of TLS on one side only.</summary>
internal static class FirstBytes
{
    /// <summary>The number of bytes that are enough to recognize a protocol.</summary>
    public const int Length = 8;

    private const byte TlsAlert = 0x15;
    private const byte TlsHandshake = 0x16;

    public static byte[] Of(in ReadOnlySequence<byte> bytes) => bytes.Slice(0, Math.Min(Length, bytes.Length)).ToArray();

    /// <summary>Explains the answer to a client without TLS; null when the bytes are not recognized.</summary>
    public static string? ExplainToPlainClient(ReadOnlySpan<byte> bytes)
    {
        if (IsTls(bytes)) return "answered with TLS, but this client does not use it: this port requires TLS, so set Tls";
        return IsHttp(bytes) ? "answered with HTTP: this is an HTTP port, not the port for gateway clients; check the port in Endpoints" : null;
    }

    /// <summary>Explains the answer to a client that has begun a TLS handshake; null when the bytes are TLS.</summary>
    public static string? ExplainToTlsClient(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return "it sent no byte: the port may not use TLS, or the gateway has rejected the connection";
        if (IsTls(bytes)) return null;
        if (IsHttp(bytes)) return "it answered with HTTP: this is an HTTP port without TLS; check the port in Endpoints";
        return bytes.StartsWith((ReadOnlySpan<byte>)[0, 0, 0, FrameFormat.Magic])
            ? "it answered with a frame of the gateway's protocol: this port does not use TLS, so leave Tls unset or connect to the port with TLS"
            : "its answer is not TLS: the port does not use TLS, or it belongs to another service; check the port in Endpoints";
    }

    private static bool IsTls(ReadOnlySpan<byte> bytes) => bytes.Length >= 2 && bytes[0] is TlsAlert or TlsHandshake && bytes[1] == 3;

    private static bool IsHttp(ReadOnlySpan<byte> bytes) => bytes.StartsWith("HTTP/"u8);
}
