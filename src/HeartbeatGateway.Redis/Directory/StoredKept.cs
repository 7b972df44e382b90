using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>What Redis holds for a client, as it is stored.</summary>
/// <param name="Delivery">The generation of the connection that left it, a colon, the time in milliseconds since 1970 by Redis' clock, a colon, the state; empty for nothing.</param>
/// <param name="Held">Messages, each behind the end of its time in milliseconds since 1970 by Redis' clock and a colon.</param>
internal sealed record StoredKept(RedisValue Delivery, IReadOnlyList<RedisValue> Held)
{
    /// <summary>Nothing is kept for longer; another program may have written any number.</summary>
    private const long MaxMilliseconds = 24 * 60 * 60 * 1000;

    public static StoredKept None { get; } = new(RedisValue.EmptyString, []);

    public bool IsEmpty => Delivery.IsNullOrEmpty && Held.Count == 0;

    /// <summary>Bytes of all.</summary>
    public long Bytes => Delivery.Length() + Held.Sum(h => h.Length());

    /// <summary>Reads what a script answers.</summary>
    public static StoredKept Read(RedisResult delivery, ReadOnlySpan<RedisResult> held)
    {
        var state = (RedisValue)delivery;
        if (state.IsNullOrEmpty && held.IsEmpty) return None;
        var messages = new List<RedisValue>(held.Length);
        foreach (var element in held) messages.Add((RedisValue)element);
        return new StoredKept(state, messages);
    }

    /// <summary>What it is for the engine.</summary>
    /// <param name="now">Redis' clock, in milliseconds since 1970.</param>
    public ClusterKept At(long now)
    {
        if (IsEmpty) return ClusterKept.None;
        var (delivery, age) = (ReadOnlyMemory<byte>.Empty, TimeSpan.Zero);
        if (!Delivery.IsNullOrEmpty)
        {
            var (_, dated) = Split(Delivery);
            var (at, state) = Split(dated);
            (delivery, age) = (state, TimeSpan.FromMilliseconds(Math.Clamp(now - at, 0, MaxMilliseconds)));
        }

        return new ClusterKept
        {
            Delivery = delivery,
            DeliveryAge = age,
            Held = [.. Held.Select(h => Split(h)).Select(h => new ClusterHeldMessage(h.Content, TimeSpan.FromMilliseconds(Math.Clamp(h.Number - now, 0, MaxMilliseconds))))],
        };
    }

    // The scripts write them; of what another program has written, the engine says that it cannot be read.
    private static (long Number, ReadOnlyMemory<byte> Content) Split(ReadOnlyMemory<byte> bytes)
    {
        var colon = bytes.Span.IndexOf((byte)':');
        if (colon < 0 || !System.Buffers.Text.Utf8Parser.TryParse(bytes.Span[..colon], out long number, out var read) || read != colon) return (0, bytes);
        return (number, bytes[(colon + 1)..]);
    }
}
