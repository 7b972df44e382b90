using System.Buffers;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The characters that tokens and client ids may contain.</summary>
internal static class TokenAlphabets
{
    public static readonly SearchValues<byte> Base64Url =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    /// <summary>The characters of client ids, as in <see cref="Identity.ClientId"/>.</summary>
    public static readonly SearchValues<byte> ClientId =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-"u8);

    public static readonly SearchValues<byte> LowerHex = SearchValues.Create("0123456789abcdef"u8);
}
