using System.Buffers;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The characters that tokens may contain.</summary>
internal static class TokenAlphabets
{
    public static readonly SearchValues<byte> Base64Url =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    public static readonly SearchValues<byte> LowerHex = SearchValues.Create("0123456789abcdef"u8);
}
