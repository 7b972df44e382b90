namespace HeartbeatGateway.Faults.Tests.Hostile;

/// <summary>The first bytes of clients of other protocols that connect to the wrong port.</summary>
internal static class OtherProtocols
{
    private static readonly byte[][] Openings =
    [
        // TLS 1.2 and 1.3: a ClientHello, its length, its version.
        [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3, .. new byte[200]],
        [0x16, 3, 3, 0, 5, 1, 0, 0, 1, 3],
        [.. "GET /metrics HTTP/1.1\r\nHost: gateway\r\n\r\n"u8],
        [.. "POST / HTTP/1.1\r\nContent-Length: 4294967296\r\n\r\n"u8],
        [.. "CONNECT gateway:443 HTTP/1.1\r\n\r\n"u8],
        [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8],
        [.. "SSH-2.0-OpenSSH_9.2\r\n"u8],
        [.. "*1\r\n$4\r\nPING\r\n"u8],
        // MQTT 3.1.1 CONNECT.
        [0x10, 0x0C, 0, 4, .. "MQTT"u8, 4, 2, 0, 60, 0, 0],
        // Modbus/TCP: read ten registers.
        [0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10],
        [.. "EHLO example.org\r\n"u8],
        new byte[512],
    ];

    public static byte[] Next(Random random) => Openings[random.Next(Openings.Length)];
}
