using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using HeartbeatGateway.Server.Transports;
using HeartbeatGateway.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.WebSockets;

/// <summary>
/// The bytes of a WebSocket's binary messages as pipes. A task of its own receives messages, so that the WebSocket's own pings and its end are handled while
/// nothing is read. An idle connection holds no buffer: it waits with a receive of zero bytes.
/// </summary>
internal sealed class WebSocketTransport : IDuplexPipe, ITransportShutdownFeature
{
    /// <summary>Received bytes that may wait for a paused reader, beside the 64 KiB of the transport below.</summary>
    private const int MaxWaiting = 16 * 1024;

    /// <summary>How long the task that receives may take to end. It may wait for a peer that takes no pongs, while the engine no longer watches the connection.</summary>
    private static readonly TimeSpan EndGrace = TimeSpan.FromSeconds(1);

    private static readonly WebSocketCreationOptions Creation = new()
    {
        IsServer = true,
        // Heartbeats are the frames' own. Compression is off: it holds 64 KiB or more for each client, and helps guessing secrets.
        KeepAliveInterval = Timeout.InfiniteTimeSpan,
        DangerousDeflateOptions = null,
    };

    private readonly ConnectionContext _connection;
    private readonly PipeReader _below;
    private readonly ITransportShutdownFeature? _tls;
    private readonly WebSocket _socket;
    private readonly Pipe _received;
    private readonly Task _receiving;
    private bool _isText;
    private volatile bool _isEnding;

    /// <param name="connection">The connection, whose pipes carry the WebSocket.</param>
    public WebSocketTransport(ConnectionContext connection)
    {
        _connection = connection;
        _below = connection.Transport.Input;
        _tls = connection.Features.Get<ITransportShutdownFeature>();
        _socket = WebSocket.CreateFromStream(new TransportStream(connection.Transport), Creation);
        var pool = connection.Features.Get<IMemoryPoolFeature>()?.MemoryPool ?? MemoryPool<byte>.Shared;
        _received = new Pipe(new PipeOptions(pool, PipeScheduler.Inline, PipeScheduler.Inline, MaxWaiting, MaxWaiting / 2, useSynchronizationContext: false));
        Output = PipeWriter.Create(new MessageStream(_socket), new StreamPipeWriterOptions(pool, leaveOpen: true));
        _receiving = ReceiveAsync();
    }

    public PipeReader Input => _received.Reader;

    public PipeWriter Output { get; }

    /// <summary>Sends the WebSocket's close frame, waits for that of the peer, and ends the layer below.</summary>
    public async ValueTask ShutdownSendAsync()
    {
        var reason = _connection.Features.Get<IGatewayConnectionFeature>()?.Reason ?? default;
        try
        {
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await _socket.CloseOutputAsync(WebSocketCloseCodes.Of(reason, _isText), WebSocketCloseCodes.TextOf(reason), CancellationToken.None);
            }
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException or OperationCanceledException)
        {
            throw MessageStream.Translate(e);
        }

        await _receiving;
        if (_tls is not null) await _tls.ShutdownSendAsync();
    }

    /// <summary>Ends the WebSocket, and gives the buffers back.</summary>
    public async ValueTask CompleteAsync(TimeProvider timeProvider)
    {
        _isEnding = true;
        await Input.CompleteAsync();
        _below.CancelPendingRead();
        try
        {
            await _receiving.WaitAsync(EndGrace, timeProvider);
        }
        catch (TimeoutException)
        {
            _connection.Abort(new ConnectionAbortedException("The connection has ended, and its peer takes no pongs."));
            await _receiving;
        }

        await Output.CompleteAsync();
        _socket.Dispose();
    }

    /// <summary>Never throws. Completes when the peer has closed, or at the end of the connection.</summary>
    private async Task ReceiveAsync()
    {
        var output = _received.Writer;
        try
        {
            var isDelivered = true;
            while (!_isEnding)
            {
                // Waits for a message without a buffer.
                var next = await _socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
                if (next.MessageType == WebSocketMessageType.Close) break;
                if (next.MessageType == WebSocketMessageType.Text && isDelivered)
                {
                    // Receiving goes on: the peer's close frame is still to come.
                    (_isText, isDelivered) = (true, false);
                    await output.CompleteAsync(new TransportViolationException("a text message came, but frames must be in binary messages (in a browser: send an ArrayBuffer)"));
                }

                if (next.EndOfMessage) continue;
                isDelivered = isDelivered ? await DeliverAsync(output) : await DiscardAsync();
            }

            await output.CompleteAsync();
        }
        catch (Exception e)
        {
            await output.CompleteAsync(FaultOf(e));
        }
    }

    /// <returns>False when no more bytes are wanted.</returns>
    private async ValueTask<bool> DeliverAsync(PipeWriter output)
    {
        var part = await _socket.ReceiveAsync(output.GetMemory(), CancellationToken.None);
        output.Advance(part.Count);
        return !(await output.FlushAsync()).IsCompleted;
    }

    private async ValueTask<bool> DiscardAsync()
    {
        using var buffer = MemoryPool<byte>.Shared.Rent(1024);
        await _socket.ReceiveAsync(buffer.Memory, CancellationToken.None);
        return false;
    }

    /// <summary>What the engine is to hear of a failed receive; null when the peer has closed its connection without a close frame, as on TCP.</summary>
    private static Exception? FaultOf(Exception e) => e switch
    {
        WebSocketException { InnerException: { } inner } => inner,
        WebSocketException { WebSocketErrorCode: WebSocketError.ConnectionClosedPrematurely } => null,
        WebSocketException => new TransportViolationException($"not the WebSocket protocol: {e.Message}"),
        _ => e,
    };
}
