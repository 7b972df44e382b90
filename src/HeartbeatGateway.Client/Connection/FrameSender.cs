using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Transport;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// The only writer of a connection. Sends hello and ping first; after the gateway has answered, sends the queued frames. A ping that is due
/// goes first. A frame leaves the queue only when it is about to be written to the network.
/// </summary>
internal sealed class FrameSender(ClientContext client, ClientTransport transport, RttTracker pings, SentTokens tokens)
{
    /// <summary>Frames are written in batches of about this size: few system calls, and few frames that can be lost with a connection.</summary>
    private const int BatchBytes = 8 * 1024;

    private readonly AsyncSignal _signal = new();
    private int _pingDue;
    private volatile bool _isOpen;
    private volatile bool _isShuttingDown;
    private volatile bool _isStopped;

    /// <summary>Sends a ping before any queued frame.</summary>
    public void PingDue()
    {
        Volatile.Write(ref _pingDue, 1);
        _signal.Set();
    }

    /// <summary>The gateway has answered: queued frames may be sent.</summary>
    public void Open()
    {
        _isOpen = true;
        _signal.Set();
    }

    /// <summary>Sends the queued frames and then ends the stream.</summary>
    public void BeginShutdown()
    {
        _isShuttingDown = true;
        _signal.Set();
    }

    /// <summary>Stops sending; no more frames are taken from the queue.</summary>
    public void Stop()
    {
        _isStopped = true;
        _signal.Set();
    }

    /// <summary>Writes until <see cref="Stop"/> or the end of the graceful shutdown. Throws when a write fails.</summary>
    public async Task RunAsync()
    {
        using var batch = new PooledBuffer(BatchBytes);
        client.SendQueue.Filled = _signal.Set;
        try
        {
            AddHello(batch);
            while (true)
            {
                var frames = Collect(batch);
                if (batch.Length > 0)
                {
                    await transport.Stream.WriteAsync(batch.Written).ConfigureAwait(false);
                    batch.Dispose();
                    if (frames > 0) client.Metrics.MessagesSent(frames);
                }
                else if (_isStopped)
                {
                    return;
                }
                else if (_isShuttingDown)
                {
                    await transport.ShutdownOutputAsync().ConfigureAwait(false);
                    return;
                }
                else
                {
                    await _signal.WaitAsync().ConfigureAwait(false);
                }
            }
        }
        finally
        {
            client.SendQueue.Filled = null;
        }
    }

    private void AddHello(PooledBuffer batch)
    {
        if (client.Identity.Hello() is { } hello) Add(batch, FrameKinds.Hello, hello.ToJson());
        // The ping follows immediately: its answer proves that the peer is a gateway, whether or not it supports hello.
        Volatile.Write(ref _pingDue, 1);
    }

    private int Collect(PooledBuffer batch)
    {
        if (_isStopped) return 0;
        if (Interlocked.Exchange(ref _pingDue, 0) == 1 && !_isShuttingDown) AddPing(batch);
        var frames = 0;
        while (_isOpen && batch.Length < BatchBytes && client.SendQueue.TryTake(out var frame))
        {
            Add(batch, frame.Type.Span, frame.Content);
            frames++;
        }

        return frames;
    }

    private void AddPing(PooledBuffer batch)
    {
        var ping = client.Signer.Ping(client.Clock.UnixSeconds).Span;
        ping.CopyTo(batch.GetSpan(ping.Length));
        batch.Advance(ping.Length);
        tokens.Add(ping);
        pings.Sent(client.TimeProvider.GetTimestamp());
    }

    private void Add(PooledBuffer batch, ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content)
    {
        var offset = batch.Length;
        client.Signer.Write(batch, type, content, client.Clock.UnixSeconds);
        tokens.Add(batch.Written.Span[offset..]);
    }
}
