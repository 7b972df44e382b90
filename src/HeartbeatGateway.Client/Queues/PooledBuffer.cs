using System.Buffers;

namespace HeartbeatGateway.Client.Queues;

/// <summary>Bytes to be written or parsed. The array is rented only while the buffer holds bytes.</summary>
internal sealed class PooledBuffer(int initialSize) : IBufferWriter<byte>, IDisposable
{
    private byte[] _array = [];
    private int _start;
    private int _end;

    public int Length => _end - _start;

    public ReadOnlyMemory<byte> Written => _array.AsMemory(_start, Length);

    public void Advance(int count) => _end += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return _array.AsMemory(_end);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Removes bytes from the front.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (_start == _end) Dispose();
    }

    /// <summary>Discards all bytes and returns the array to the pool.</summary>
    public void Dispose()
    {
        var array = _array;
        _array = [];
        _start = _end = 0;
        if (array.Length > 0) ArrayPool<byte>.Shared.Return(array);
    }

    private void MakeRoom(int size)
    {
        if (_array.Length - _end >= size) return;
        if (_start > 0 && _array.Length - Length >= size)
        {
            Written.Span.CopyTo(_array);
        }
        else
        {
            // The array grows with the received bytes, never with a declared length.
            var wanted = Math.Max(Math.Max(initialSize, Length + size), (int)Math.Min(Array.MaxLength, 2L * Length));
            var larger = ArrayPool<byte>.Shared.Rent(wanted);
            Written.Span.CopyTo(larger);
            if (_array.Length > 0) ArrayPool<byte>.Shared.Return(_array);
            _array = larger;
        }

        (_start, _end) = (0, Length);
    }
}
