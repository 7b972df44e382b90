using System.Buffers;

namespace HeartbeatGateway.Client.Queues;

/// <summary>Bytes to be written or parsed, in an array that is rented only while there are any.</summary>
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

    /// <summary>Takes bytes off the front.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (_start == _end) Dispose();
    }

    /// <summary>Forgets everything and gives the array back.</summary>
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
            // Doubling with what has arrived, never with what a length claims.
            var wanted = Math.Max(Math.Max(initialSize, Length + size), (int)Math.Min(Array.MaxLength, 2L * Length));
            var larger = ArrayPool<byte>.Shared.Rent(wanted);
            Written.Span.CopyTo(larger);
            if (_array.Length > 0) ArrayPool<byte>.Shared.Return(_array);
            _array = larger;
        }

        (_start, _end) = (0, Length);
    }
}
