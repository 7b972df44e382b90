using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace HeartbeatGateway.Tls;

/// <summary>A connection's pipes as a stream, for <see cref="System.Net.Security.SslStream"/>. Disposing it leaves the pipes to their owner.</summary>
internal sealed class TransportStream(IDuplexPipe transport) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads what is there, at least one byte. With an empty buffer it only waits for input.</summary>
    /// <exception cref="OperationCanceledException">The read of the pipe was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var read = await transport.Input.ReadAsync(cancellationToken);
            var taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, buffer.Length));
            try
            {
                if (read.IsCanceled) throw new OperationCanceledException("The read was cancelled.");
                if (!read.Buffer.IsEmpty)
                {
                    taken.CopyTo(buffer.Span);
                    return (int)taken.Length;
                }

                if (read.IsCompleted) return 0;
            }
            finally
            {
                transport.Input.AdvanceTo(taken.End);
            }
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // After the peer has gone a flush completes at once; the read side tells why.
        await transport.Output.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Each write is flushed.
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Only asynchronous reads: nothing may block the socket's thread.");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Only asynchronous writes: nothing may block the socket's thread.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
