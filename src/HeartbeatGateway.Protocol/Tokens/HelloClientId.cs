using System.Buffers;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>
/// Finds the client id in the content of a hello whose token is not verified yet. Allocates nothing, reads a bounded part, and parses no JSON: the first
/// <c>"clientId"</c> counts. The parsed hello is compared with it after the token has verified.
/// </summary>
internal static class HelloClientId
{
    /// <summary>The content that is searched, in bytes.</summary>
    public const int MaxSearchedBytes = 4096;

    /// <param name="content">The content of the hello.</param>
    /// <param name="clientId">Receives the client id; at least <see cref="ClientId.MaxLength"/> bytes.</param>
    /// <returns>The length of the client id; 0 when none is found, or when it breaks the rule for client ids or is written with escapes.</returns>
    public static int Find(in ReadOnlySequence<byte> content, Span<byte> clientId)
    {
        var searched = content.Slice(0, Math.Min(content.Length, MaxSearchedBytes));
        if (searched.IsSingleSegment) return Find(searched.FirstSpan, clientId);
        Span<byte> bytes = stackalloc byte[MaxSearchedBytes];
        searched.CopyTo(bytes);
        return Find(bytes[..(int)searched.Length], clientId);
    }

    private static int Find(ReadOnlySpan<byte> bytes, Span<byte> clientId)
    {
        var name = "\"clientId\""u8;
        var at = bytes.IndexOf(name);
        if (at < 0) return 0;
        bytes = bytes[(at + name.Length)..].TrimStart(" \t\r\n"u8);
        if (bytes.IsEmpty || bytes[0] != (byte)':') return 0;
        bytes = bytes[1..].TrimStart(" \t\r\n"u8);
        if (bytes.IsEmpty || bytes[0] != (byte)'"') return 0;
        var length = bytes[1..].IndexOf((byte)'"');
        if (length is < 1 or > ClientId.MaxLength || bytes.Slice(1, length).ContainsAnyExcept(TokenAlphabets.ClientId)) return 0;
        bytes.Slice(1, length).CopyTo(clientId);
        return length;
    }
}
