using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ArticleClient;

/// <summary>A frame with a digest token over magic, length, date, content and secret. The date is local time.</summary>
/// <param name="Type">The trimmed type.</param>
/// <param name="ContentBytes">The length of the content, in bytes.</param>
/// <param name="IsGenuine">True when the token verifies with the secret.</param>
internal readonly record struct ArticleFrame(string Type, int ContentBytes, bool IsGenuine)
{
    private const int Magic = 0x76;
    private const int HeaderLength = 158;
    private const int FieldLength = 50;
    private static readonly char[] Padding = [.. Enumerable.Range(0, 0x21).Select(c => (char)c)];

    public static byte[] Encode(string type, byte[] content, string secret)
    {
        var frame = new byte[HeaderLength + content.Length];
        var created = TimeProvider.System.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        BinaryPrimitives.WriteInt32BigEndian(frame, Magic);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), content.Length);
        Encoding.UTF8.GetBytes(type, frame.AsSpan(8, FieldLength));
        Encoding.UTF8.GetBytes(Token(created, content, secret), frame.AsSpan(58, FieldLength));
        Encoding.UTF8.GetBytes(created, frame.AsSpan(108, FieldLength));
        content.CopyTo(frame, HeaderLength);
        return frame;
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, string secret, out ArticleFrame frame, out int length)
    {
        frame = default;
        length = 0;
        if (bytes.Length < HeaderLength) return false;
        length = HeaderLength + BinaryPrimitives.ReadInt32BigEndian(bytes[4..]);
        if (bytes.Length < length) return false;
        var content = bytes[HeaderLength..length].ToArray();
        frame = new ArticleFrame(Text(bytes[8..58]), content.Length, Text(bytes[58..108]) == Token(Text(bytes[108..158]), content, secret));
        return true;
    }

    private static string Text(ReadOnlySpan<byte> field) => Encoding.UTF8.GetString(field).Trim(Padding);

    // SHA1 is the default of the digest recipe, because existing fleets use it.
    private static string Token(string created, byte[] content, string secret) => Convert.ToHexStringLower(
        SHA1.HashData([.. Encoding.UTF8.GetBytes($"{Magic}{content.Length}{created}"), .. content, .. Encoding.UTF8.GetBytes(secret)]));
}
