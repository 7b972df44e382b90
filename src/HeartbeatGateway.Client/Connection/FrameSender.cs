using HeartbeatGateway.Client.Acknowledgements;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Transport;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

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
    private readonly TokenSigner _signer = client.Tokens.Signer;
    private int _pingDue;
    private volatile NumberedFrames? _numbered;
    private volatile bool _isOpen;
    private volatile bool _isShuttingDown;
    private volatile bool _isClosing;
    private volatile bool _isStopped;
    private volatile bool _hasEndedStream;
    private long _messages;

    /// <summary>The number of messages without a number that were written to the network, or were being written.</summary>
    public long Messages => Volatile.Read(ref _messages);

    /// <summary>True when everything was written and the stream was ended.</summary>
    public bool HasEndedStream => _hasEndedStream;

    /// <summary>Sends a ping before any queued frame.</summary>
    public void PingDue()
    {
        Volatile.Write(ref _pingDue, 1);
        _signal.Set();
    }

    /// <summary>Signs the frames of this connection.</summary>
    public TokenSigner Signer => _signer;

    /// <summary>The gateway has answered: queued frames may be sent.</summary>
    /// <param name="numbered">Writes them with numbers; null when the gateway acknowledges none.</param>
    public void Open(NumberedFrames? numbered)
    {
        _numbered = numbered;
        _isOpen = true;
        _signal.Set();
    }

    /// <summary>An acknowledgement is due, or one was received, so that there may be room to send.</summary>
    public void Wake() => _signal.Set();

    /// <summary>Sends the queued frames and then ends the stream.</summary>
    public void BeginShutdown()
    {
        _isShuttingDown = true;
        _signal.Set();
    }

    /// <summary>
    /// The gateway has sent a close frame: finishes the write under way and ends the stream. The other frames stay queued for the next
    /// connection.
    /// </summary>
    public void BeginClose()
    {
        _isClosing = true;
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
                else if (_isClosing || (_isShuttingDown && !AwaitsAcknowledgement))
                {
                    // Set before: the gateway may answer the end of the stream with its own at once. All frames are written by now.
                    _hasEndedStream = true;
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

    /// <summary>True while a shutdown waits for acknowledgements. The connection is kept alive meanwhile.</summary>
    private bool AwaitsAcknowledgement => _numbered is { AwaitsAcknowledgement: true };

    private void AddHello(PooledBuffer batch)
    {
        if (client.Identity.Hello(client.AsksForAcknowledgements, client.Unacknowledged?.HighestSent ?? 0) is { } hello) Add(batch, FrameKinds.Hello, hello.ToJson());
        // The ping follows immediately: its answer proves that the peer is a gateway, whether or not it supports hello.
        Volatile.Write(ref _pingDue, 1);
    }

    private int Collect(PooledBuffer batch)
    {
        if (_isStopped || _isClosing) return 0;
        // In this order: Open sets the numbers first. In the other one, an Open in between would send the queued frames without numbers, or refuse them.
        var isOpen = _isOpen;
        var numbered = _numbered;
        numbered?.AddAcknowledgement(batch);
        if (Interlocked.Exchange(ref _pingDue, 0) == 1 && (!_isShuttingDown || AwaitsAcknowledgement)) AddPing(batch);
        if (numbered is not null) return numbered.AddMessages(batch, BatchBytes);
        var frames = 0;
        while (isOpen && batch.Length < BatchBytes && client.SendQueue.TryTake(out var frame))
        {
            if (client.DropsTooLarge(frame)) continue;
            if (frame.Receipt is { } receipt)
            {
                receipt.Fail(new MessageNotAcknowledgedException(AcknowledgementFailure.NotGranted, wasSent: false));
                continue;
            }

            Add(batch, frame.Type.Span, frame.Content);
            frames++;
            Volatile.Write(ref _messages, _messages + 1);
        }

        return frames;
    }

    private void AddPing(PooledBuffer batch)
    {
        var ping = _signer.Ping(client.Clock.UnixSeconds).Span;
        ping.CopyTo(batch.GetSpan(ping.Length));
        batch.Advance(ping.Length);
        tokens.Add(ping);
        pings.Sent(client.TimeProvider.GetTimestamp(), _messages);
    }

    private void Add(PooledBuffer batch, ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content)
    {
        var offset = batch.Length;
        _signer.Write(batch, type, content, client.Clock.UnixSeconds);
        tokens.Add(batch.Written.Span[offset..]);
    }
}
