using System.Buffers.Binary;
using System.Text;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Hostile;

/// <summary>Hostile byte streams of every kind, generated from a seed. A correct client sends none of them.</summary>
internal sealed class HostileBytes(Random random, IReadOnlyList<byte[]> recordedHellos)
{
    /// <summary>The number of kinds.</summary>
    public const int Kinds = 18;

    private static readonly TokenSigner Signer = TestSecrets.ClientKeyring().Keys[0].Bare;
    private static readonly TokenSigner Answers =
        new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] }, TokenRole.Gateway).Keys[0].Bare;

    private readonly Func<int, byte[]>[] _kinds =
    [
        _ => [],
        _ => Noise(random, 1000),
        _ => HostileLength(random),
        round => Ping[..(round / 17 % Ping.Length)],
        _ => [.. Ping, .. Noise(random, 400)],
        _ => Flipped(random),
        _ => recordedHellos[random.Next(recordedHellos.Count)],
        _ => GoodHello("twin"),
        _ => Signed(Noise(random, 60), Noise(random, 200)),
        _ => Hello(HostileHellos.Next(random)),
        _ => ProxyHeader(random),
        _ => OtherProtocols.Next(random),
        _ => Dated(random),
        _ => [.. Ping, .. Signed("message"u8, new byte[random.Next(65_536)])[..random.Next(1, 158)]],
        _ => Signed("message"u8, Noise(random, 4096)),
        _ => Answers.Ping(Now).ToArray(),
        _ => Signed(random.Next(2) == 0 ? "welcome"u8 : "close"u8, HostileHellos.Next(random)),
        _ => Many(random),
    ];

    public static byte[] Ping => Signer.Ping(Now).ToArray();

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>One stream; the kinds take turns.</summary>
    public byte[] Next(int round) => _kinds[round % Kinds](round);

    /// <summary>A valid hello, as a client sends it.</summary>
    public static byte[] GoodHello(string clientId) => Hello(Encoding.UTF8.GetBytes(
        $$"""{"clientId":"{{clientId}}","instance":"{{Guid.NewGuid():N}}","attempt":1,"nonce":"{{Guid.NewGuid():N}}","features":["close"]}"""));

    private static byte[] Hello(ReadOnlySpan<byte> content) => Signed("hello"u8, content);

    private static byte[] Signed(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content, long? unixSeconds = null) =>
        Signer.Encode(type, content.ToArray(), unixSeconds ?? Now).ToArray();

    private static byte[] Noise(Random random, int most)
    {
        var bytes = new byte[random.Next(1, most)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>The magic number with a length that is just past a limit, negative, or random.</summary>
    private static byte[] HostileLength(Random random)
    {
        var length = random.Next(8) switch
        {
            0 => -1,
            1 => int.MinValue,
            2 => int.MaxValue,
            3 => 4097,
            4 => 65_537,
            5 => random.Next(1, 4097),
            6 => -random.Next(),
            _ => random.Next(),
        };
        var frame = Ping;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), length);
        return [.. frame, .. Noise(random, 300)];
    }

    private static byte[] Flipped(Random random)
    {
        var frame = random.Next(2) == 0 ? Ping : Signed("message"u8, Noise(random, 100));
        frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
        return frame;
    }

    /// <summary>A frame whose date is too old, too far in the future, or does not exist.</summary>
    private static byte[] Dated(Random random)
    {
        if (random.Next(2) == 0) return Signed("ping"u8, default, Now + (random.Next(2) == 0 ? -301 - random.Next(100_000) : 310 + random.Next(100_000)));
        var frame = Ping;
        Encoding.ASCII.GetBytes("2026-02-30 25:61:61").CopyTo(frame, 108);
        // Signed with the right secret: the gateway checks the date only of frames whose token matches.
        var token = System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(TestSecrets.Secret), (byte[])[.. frame[..58], .. frame[108..]]);
        Encoding.ASCII.GetBytes(System.Buffers.Text.Base64Url.EncodeToString(token)).CopyTo(frame, 58);
        return frame;
    }

    private static byte[] ProxyHeader(Random random) => random.Next(4) switch
    {
        0 => [.. "PROXY TCP4 192.0.2.1 192.0.2.2 1000 8081\r\n"u8, .. Ping],
        1 => [.. "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"u8, .. Ping],
        2 => [.. "PROXY UNKNOWN\r\n"u8],
        _ => [.. "\r\n\r\n\0\r\nQUIT\n"u8, .. Noise(random, 300)],
    };

    /// <summary>Valid frames of several sizes in one write, followed by bytes that are not a frame.</summary>
    private static byte[] Many(Random random)
    {
        var bytes = new List<byte>();
        for (var i = random.Next(1, 20); i > 0; i--) bytes.AddRange(random.Next(2) == 0 ? Ping : Signed("message"u8, Noise(random, 500)));
        return [.. bytes, 0, 0, 0, 0x77];
    }
}
