using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Million.Driving;

/// <summary>
/// Counts what is a pong among the bytes of a server. A pong whose token has verified is known by its bytes from then on, as all pongs of a second
/// are the same: a driver that hashes would be measured in place of the gateway.
/// </summary>
/// <param name="keyring">Verifies; null for a server that signs nothing.</param>
/// <param name="time">The clock.</param>
internal sealed class Answers(TokenKeyring? keyring, TimeProvider time)
{
    private volatile byte[] _known = [];

    /// <param name="bytes">Whole frames.</param>
    /// <returns>How many of them are pongs.</returns>
    /// <exception cref="InvalidDataException">They are no frames, or a token is wrong.</exception>
    public int Count(ReadOnlySpan<byte> bytes)
    {
        if (bytes.SequenceEqual(_known)) return 1;
        var rest = new ReadOnlySequence<byte>(bytes.ToArray());
        var reader = default(FrameReader);
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var pongs = 0;
        while (!rest.IsEmpty)
        {
            var status = reader.TryRead(ref rest, scratch, int.MaxValue, FrameResync.Strict, out var frame);
            if (status != FrameReadStatus.Complete) throw new InvalidDataException($"The server sent what is no frame: {status}.");
            if (keyring?.Verify(frame, time.GetUtcNow().ToUnixTimeSeconds()) is { IsVerified: false } verdict) throw new InvalidDataException($"The server sent a token that is {verdict.Outcome}.");
            if (frame.Kind != FrameKind.Ping) continue;
            pongs++;
            _known = frame.Header.ToArray();
        }

        return pongs;
    }
}
