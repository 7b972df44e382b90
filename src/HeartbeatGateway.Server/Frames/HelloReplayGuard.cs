using System.Buffers.Binary;

namespace HeartbeatGateway.Server.Frames;

/// <summary>
/// Remembers the tokens of accepted hellos for as long as their dates would be accepted again. Bounded: beyond the bound the oldest token is dropped.
/// Only a client with a valid secret that sends a million hellos can reach the bound. Thread-safe.
/// </summary>
internal sealed class HelloReplayGuard(int capacity = HelloReplayGuard.DefaultCapacity)
{
    public const int DefaultCapacity = 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly HashSet<Fingerprint> _known = [];
    private readonly Queue<(Fingerprint Token, long ForgetAt)> _order = new();
    private long _extension;

    /// <summary>Records a verified token.</summary>
    /// <param name="token">The trimmed token. The key id before the dot is not signed, so it is ignored.</param>
    /// <param name="now">The current timestamp.</param>
    /// <param name="validFor">How long the frame may still be accepted, in timestamp units.</param>
    /// <returns>False when the token was recorded before.</returns>
    public bool TryAccept(ReadOnlySpan<byte> token, long now, long validFor)
    {
        var fingerprint = Fingerprint.Of(token[(token.IndexOf((byte)'.') + 1)..]);
        lock (_lock)
        {
            while (_order.TryPeek(out var oldest) && oldest.ForgetAt + _extension < now) _known.Remove(_order.Dequeue().Token);
            if (!_known.Add(fingerprint)) return false;
            if (_order.Count == capacity) _known.Remove(_order.Dequeue().Token);
            _order.Enqueue((fingerprint, now + validFor));
            return true;
        }
    }

    /// <summary>Extends the lifetime of all recorded tokens, because frames are now accepted for longer.</summary>
    /// <param name="by">The extension, in timestamp units.</param>
    public void Extend(long by)
    {
        lock (_lock) _extension += by;
    }

    /// <summary>The first 24 characters of a token: at least 96 bits of a MAC or digest in hex, 144 in base64url.</summary>
    private readonly record struct Fingerprint(ulong First, ulong Second, ulong Third)
    {
        public static Fingerprint Of(ReadOnlySpan<byte> token)
        {
            Span<byte> bytes = stackalloc byte[3 * sizeof(ulong)];
            token[..Math.Min(token.Length, bytes.Length)].CopyTo(bytes);
            return new Fingerprint(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
        }
    }
}
