using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Elements of the lists of held messages: the end of their time in milliseconds since 1970 by Redis' clock, a colon, the message.</summary>
internal static class HeldMessages
{
    /// <summary>The messages of elements, in order.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(ReadOnlySpan<RedisResult> elements)
    {
        if (elements.IsEmpty) return [];
        var messages = new List<ReadOnlyMemory<byte>>(elements.Length);
        foreach (var element in elements)
        {
            var bytes = ((byte[]?)element)!;
            messages.Add(bytes.AsMemory(Array.IndexOf(bytes, (byte)':') + 1));
        }

        return messages;
    }
}
