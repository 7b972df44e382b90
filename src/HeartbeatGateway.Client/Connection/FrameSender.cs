using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Transport;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// The one writer of a connection: hello and ping first, then, once the gateway has answered, what the queue holds, with a ping in front
/// when one is due. A frame leaves the queue in the moment in which it is given to the network.
/// </summary>
internal sealed class FrameSender(ClientContext client, ClientTransport transport, RttTracker pings, SentTokens tokens)
{
    /// <summary>Frames are written together up to this: few system calls, and little that can be lost with a connection.</summary>
    private const int BatchBytes = 8 * 1024;

    private readonly AsyncSignal _signal = new();
    private int _pingDue;
    private volatile bool _mayFlow;
    private volatile bool _isGoodbye;
    private volatile bool _isStopped;

    /// <summary>A ping goes out before anything else.</summary>
    public void PingDue()
    {
        Volatile.Write(ref _pingDue, 1);
        _signal.Set();
    }

    /// <summary>The gateway has answered: the queue may flow.</summary>
    public void Open()
    {
        _mayFlow = true;
        _signal.Set();
    }

    /// <summary>Sends what the queue holds, and then the end of stream.</summary>
    public void BeginGoodbye()
    {
        _isGoodbye = true;
        _signal.Set();
    }

    /// <summary>Takes nothing more out of the queue.</summary>
    public void Stop()
    {
        _isStopped = true;
        _signal.Set();
    }

    /// <summary>Writes until <see cref="Stop"/>, the goodbye's end, or the first failed write, which it throws.</summary>
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
                else if (_isGoodbye)
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
        // At once: the answer tells that the other side is a gateway, whether it knows hello or not.
        Volatile.Write(ref _pingDue, 1);
    }

    private int Collect(PooledBuffer batch)
    {
        if (_isStopped) return 0;
        if (Interlocked.Exchange(ref _pingDue, 0) == 1 && !_isGoodbye) AddPing(batch);
        var frames = 0;
        while (_mayFlow && batch.Length < BatchBytes && client.SendQueue.TryTake(out var frame))
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
