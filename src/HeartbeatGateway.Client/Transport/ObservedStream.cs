namespace HeartbeatGateway.Client.Transport;

/// <summary>
/// Forwards reads and writes and notifies the observer. Asynchronous only: this library never blocks a thread on the network.
/// </summary>
internal sealed class ObservedStream(Stream inner) : Stream
{
    private byte[]? _first;
    private int _firstCount;

    public IWireObserver? Observer { get; set; }

    /// <summary>The first bytes that were read since <see cref="KeepFirst"/>; empty without it.</summary>
    public ReadOnlySpan<byte> First => _first.AsSpan(0, _firstCount);

    /// <summary>Keeps this number of bytes from the start of the stream, to explain a failed handshake.</summary>
    public void KeepFirst(int count) => _first = new byte[count];

    /// <summary>Releases the kept bytes.</summary>
    public void ForgetFirst() => (_first, _firstCount) = (null, 0);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (_first is { } first && _firstCount < first.Length)
        {
            var taken = Math.Min(read, first.Length - _firstCount);
            buffer.Span[..taken].CopyTo(first.AsSpan(_firstCount));
            _firstCount += taken;
        }

        if (read > 0) Observer?.BytesRead();
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        Observer?.BytesWritten();
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // This stream does not buffer.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous reads are supported.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous writes are supported.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
