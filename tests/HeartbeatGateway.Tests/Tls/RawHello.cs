namespace HeartbeatGateway.Tests.Tls;

/// <summary>ClientHello messages of versions and with cipher suites that .NET's own client does not offer (RFC 5246, section 7.4.1.2).</summary>
internal static class RawHello
{
    /// <summary>TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, which the gateway accepts.</summary>
    public const ushort Common = 0xc02b;

    /// <summary>TLS_RSA_WITH_RC4_128_SHA, which no current library accepts.</summary>
    public const ushort Obsolete = 0x0005;

    public static byte[] Make(byte minorVersion, ushort cipher)
    {
        byte[] groups = [0, 10, 0, 4, 0, 2, 0, 23];
        byte[] signatures = [0, 13, 0, 4, 0, 2, 4, 3];
        byte[] body =
        [
            3, minorVersion, .. new byte[32], 0, 0, 2, (byte)(cipher >> 8), (byte)cipher, 1, 0,
            0, (byte)(groups.Length + signatures.Length), .. groups, .. signatures,
        ];
        byte[] message = [1, 0, 0, (byte)body.Length, .. body];
        return [0x16, 3, 1, 0, (byte)message.Length, .. message];
    }

    /// <summary>A fatal alert without encryption, as before the keys are agreed.</summary>
    public static byte[] Alert(byte description) => [0x15, 3, 3, 0, 2, 2, description];
}
