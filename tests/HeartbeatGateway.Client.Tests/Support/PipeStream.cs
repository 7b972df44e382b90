using System.Buffers;
using System.IO.Pipelines;

namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>
/// One end of an in-memory connection as a stream. It behaves like a socket: zero-byte reads, half-close, an abort during a read.
/// </summary>
internal sealed class PipeStream(PipeReader input, PipeWriter output) : Stream
{
    private readonly CancellationTokenSource _aborted = new();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The maximum number of bytes that one read returns.</summary>
    public int MaxRead { get; set; } = int.MaxValue;

    /// <summary>Makes writes fail as after a reset of the connection.</summary>
    public bool FailWrites { get; set; }

    public int WritesFailed { get; private set; }

    public bool IsAborted => _aborted.IsCancellationRequested;

    public long BytesRead { get; private set; }

    /// <summary>The number of bytes of writes that have begun.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>True when a read is pending and no input is available: all earlier input has been handled.</summary>
    public bool IsWaitingForInput { get; private set; }

    /// <summary>True when sent bytes are still unread. Valid only while no read is being handled.</summary>
    public bool HasInput => BytesRead < BytesSent();

    /// <summary>The number of bytes that the peer has written.</summary>
    public Func<long> BytesSent { get; set; } = () => 0;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var reading = input.ReadAsync(_aborted.Token);
            IsWaitingForInput = !reading.IsCompleted;
            var result = await reading;
            IsWaitingForInput = false;
            var taken = result.Buffer.Slice(0, Math.Min(Math.Min(buffer.Length, MaxRead), result.Buffer.Length));
            var length = (int)taken.Length;
            taken.CopyTo(buffer.Span);
            input.AdvanceTo(taken.End);
            BytesRead += length;
            return length;
        }
        catch (OperationCanceledException e)
        {
            throw new ObjectDisposedException("The transport was aborted.", e);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        BytesWritten += buffer.Length;
        if (FailWrites)
        {
            WritesFailed++;
            throw new IOException("Broken pipe");
        }

        try
        {
            var result = await output.WriteAsync(buffer, _aborted.Token);
            if (result.IsCompleted) throw new IOException("Broken pipe");
        }
        catch (OperationCanceledException e)
        {
            throw new ObjectDisposedException("The transport was aborted.", e);
        }
    }

    public void ShutdownOutput() => output.Complete();

    public void Abort() => _aborted.Cancel();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _aborted.Cancel();
            output.Complete();
            input.Complete();
        }

        base.Dispose(disposing);
    }
}
