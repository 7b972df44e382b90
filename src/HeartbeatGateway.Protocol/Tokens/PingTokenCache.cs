using System.Buffers;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>
/// The tokens that plain pings must carry. All NUL-padded pings of one second under one key are the same bytes, so one hash a
/// second serves every connection. A fixed number of slots: a peer that names many seconds makes hashes, never memory.
/// </summary>
internal sealed class PingTokenCache(TokenAlgorithm algorithm)
{
    // The default window is 601 seconds; a power of two above it.
    private const int Slots = 1024;

    private static readonly byte[] PlainPing = MakePlainPing();

    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <summary>True for the header of a ping without content whose fields are padded with NUL: the only kind that this cache knows.</summary>
    public static bool IsPlainPing(in Frame frame) =>
        frame.Kind == FrameKind.Ping
        && frame.Header[..FrameFormat.TokenOffset].SequenceEqual(PlainPing.AsSpan(0, FrameFormat.TokenOffset))
        && !frame.CreatedField[FrameDate.Length..].ContainsAnyExcept((byte)0);

    /// <summary>The token, without key id, of a plain ping dated so.</summary>
    public ReadOnlySpan<byte> Get(long wallSeconds)
    {
        ref var slot = ref _entries[(int)((ulong)wallSeconds % Slots)];
        var entry = Volatile.Read(ref slot);
        if (entry is not null && entry.WallSeconds == wallSeconds) return entry.Token;
        entry = Compute(wallSeconds);
        Volatile.Write(ref slot, entry);
        return entry.Token;
    }

    private static byte[] MakePlainPing()
    {
        var header = new byte[FrameFormat.HeaderLength];
        FrameWriter.WriteHeader(header, FrameKinds.Ping, 0, default);
        return header;
    }

    private Entry Compute(long wallSeconds)
    {
        Span<byte> created = stackalloc byte[FrameDate.Length];
        FrameDate.Format(wallSeconds, created);
        Span<byte> header = stackalloc byte[FrameFormat.HeaderLength];
        FrameWriter.WriteHeader(header, FrameKinds.Ping, 0, created);
        var token = new byte[algorithm.Length];
        algorithm.Compute(header, ReadOnlySequence<byte>.Empty, token);
        return new Entry(wallSeconds, token);
    }

    private sealed record Entry(long WallSeconds, byte[] Token);
}
