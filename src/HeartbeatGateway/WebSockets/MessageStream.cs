using System.Net.WebSockets;
using System.Runtime.CompilerServices;

namespace HeartbeatGateway.WebSockets;

/// <summary>The sending side of a WebSocket as a stream: each write is a binary message. Disposing it leaves the WebSocket to its owner.</summary>
internal sealed class MessageStream(WebSocket socket) : WriteOnlyStream
{
    /// <summary>A fault of a WebSocket in the terms of a stream.</summary>
    public static Exception Translate(Exception e) => e switch
    {
        WebSocketException { InnerException: IOException inner } => inner,
        _ => new IOException($"The WebSocket has ended: {e.Message}", e),
    };

    /// <summary>Completes when the transport has taken every byte. Cannot be cancelled: a message that was cut would end the WebSocket.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException or OperationCanceledException)
        {
            throw Translate(e);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
        // Each write is flushed.
    }

    public override void Write(ReadOnlySpan<byte> buffer) =>
        throw new NotSupportedException("Only asynchronous writes: nothing may block the socket's thread.");
}
