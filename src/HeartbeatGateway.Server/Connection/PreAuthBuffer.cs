using System.Buffers;

namespace HeartbeatGateway.Server.Connection;

/// <summary>A few bytes in an array of their own, which grows with received data, not with the declared length.</summary>
internal sealed class PreAuthBuffer
{
    private const int LeastCapacity = 192;

    private byte[] _bytes = [];

    public int Count { get; private set; }

    /// <summary>Adds bytes; all that are held now. Valid until the next call.</summary>
    public ReadOnlySequence<byte> Append(in ReadOnlySequence<byte> more)
    {
        Reserve(Count + (int)more.Length);
        more.CopyTo(_bytes.AsSpan(Count));
        Count += (int)more.Length;
        return new ReadOnlySequence<byte>(_bytes, 0, Count);
    }

    /// <summary>Holds these bytes instead of all others; they may be a part of what is held.</summary>
    public void Keep(in ReadOnlySequence<byte> bytes)
    {
        var count = (int)bytes.Length;
        if (_bytes.Length == 0) _bytes = new byte[Math.Max(LeastCapacity, count)];
        // Held bytes lie in one piece, and copying within an array is safe in both directions.
        if (count > 0) bytes.CopyTo(_bytes);
        Count = count;
    }

    private void Reserve(int capacity)
    {
        if (capacity > _bytes.Length) Array.Resize(ref _bytes, Math.Max(capacity, Math.Min(_bytes.Length * 2, capacity + (capacity / 4))));
    }
}
