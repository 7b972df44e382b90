using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Million.Driving;

/// <summary>
/// Counts the pongs in the bytes from a server. All pongs of a second are the same, so a verified pong is then recognised by its bytes. If the
/// driver verified every token, the run would measure the driver instead of the gateway.
/// </summary>
/// <param name="keyring">Verifies tokens; null for a server that does not sign.</param>
/// <param name="time">The clock.</param>
internal sealed class Answers(TokenKeyring? keyring, TimeProvider time)
{
    private volatile byte[] _known = [];

    /// <param name="bytes">Complete frames.</param>
    /// <returns>The number of pongs among them.</returns>
    /// <exception cref="InvalidDataException">The bytes are not complete frames, or a token is wrong.</exception>
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
            if (status != FrameReadStatus.Complete) throw new InvalidDataException($"The server sent bytes that are not a frame: {status}.");
            if (keyring?.Verify(frame, time.GetUtcNow().ToUnixTimeSeconds()) is { IsVerified: false } verdict)
            {
                throw new InvalidDataException($"The server sent a token that is {verdict.Outcome}.");
            }

            if (frame.Kind != FrameKind.Ping) continue;
            pongs++;
            _known = frame.Header.ToArray();
        }

        return pongs;
    }
}
