using System.Buffers;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>
/// Caches the tokens of plain pings. All NUL-padded pings of one second under one key have the same bytes, so one hash per second
/// is enough for all connections. The number of slots is fixed: a peer that sends many different dates costs hashes, but no memory.
/// </summary>
internal sealed class PingTokenCache(TokenAlgorithm algorithm)
{
    // A power of two above the 601 seconds of the default window.
    private const int Slots = 1024;

    private static readonly byte[] PlainPing = MakePlainPing();

    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <summary>True for a plain ping: no content and fields padded with NUL. The cache holds tokens of plain pings only.</summary>
    public static bool IsPlainPing(in Frame frame) =>
        frame.Kind == FrameKind.Ping
        && frame.Header[..FrameFormat.TokenOffset].SequenceEqual(PlainPing.AsSpan(0, FrameFormat.TokenOffset))
        && !frame.CreatedField[FrameDate.Length..].ContainsAnyExcept((byte)0);

    /// <summary>The token, without key id, of a plain ping with this date.</summary>
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
