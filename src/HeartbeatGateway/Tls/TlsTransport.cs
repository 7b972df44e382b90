using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;

namespace HeartbeatGateway.Tls;

/// <summary>Pipes over a TLS stream. An idle connection holds no read buffer: it waits with a read of zero bytes.</summary>
internal sealed class TlsTransport : IDuplexPipe
{
    private const int MaxSegment = 4096;

    public TlsTransport(SslStream stream, MemoryPool<byte> pool)
    {
        var segment = Math.Min(pool.MaxBufferSize, MaxSegment);
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(pool, segment, segment / 2, leaveOpen: true, useZeroByteReads: true));
        Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(pool, leaveOpen: true));
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Gives the buffers back.</summary>
    public async ValueTask CompleteAsync()
    {
        await Input.CompleteAsync();
        await Output.CompleteAsync();
    }
}
