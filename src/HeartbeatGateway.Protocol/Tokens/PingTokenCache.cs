using System.Buffers;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>
/// The tokens that plain pings must carry. All NUL-padded pings of one second under one key are the same bytes, so one hash a
/// second serves every connection. A fixed number of slots: a peer that names many seconds makes hashes, never memory.
/// </summary>
internal sealed class PingTokenCache(TokenAlgorithm algorithm, FrameTimeZone zone)
{
    // The default window is 601 seconds; a power of two above it.
    private const int Slots = 1024;

    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <summary>True for the header of a ping without content whose fields are padded with NUL: the only kind that this cache knows.</summary>
    public static bool IsPlainPing(in Frame frame) =>
        frame.Kind == FrameKind.Ping
        && frame.Header[..FrameFormat.TokenOffset].SequenceEqual(PlainPingStart)
        && !frame.CreatedField[FrameDate.Length..].ContainsAnyExcept((byte)0);

    public Entry Get(long wallSeconds)
    {
        ref var slot = ref _entries[(int)((ulong)wallSeconds % Slots)];
        var entry = Volatile.Read(ref slot);
        if (entry is not null && entry.WallSeconds == wallSeconds) return entry;
        entry = Compute(wallSeconds);
        Volatile.Write(ref slot, entry);
        return entry;
    }

    private static ReadOnlySpan<byte> PlainPingStart =>
        "\0\0\0\x76\0\0\0\0ping\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8;

    private Entry Compute(long wallSeconds)
    {
        Span<byte> created = stackalloc byte[FrameDate.Length];
        FrameDate.Format(wallSeconds, created);
        Span<byte> header = stackalloc byte[FrameFormat.HeaderLength];
        FrameWriter.WriteHeader(header, FrameKinds.Ping, 0, created);
        var token = new byte[algorithm.Length];
        algorithm.Compute(header, ReadOnlySequence<byte>.Empty, token);
        var (earliest, latest) = zone.ToUnixSeconds(wallSeconds);
        return new Entry(wallSeconds, earliest, latest, token);
    }

    internal sealed record Entry(long WallSeconds, long EarliestUnixSeconds, long LatestUnixSeconds, byte[] Token);
}
