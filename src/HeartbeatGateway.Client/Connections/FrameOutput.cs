using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Client.Connecting;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Telemetry;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Connections;

/// <summary>
/// Everything that a client writes on one connection, by one loop, so that nothing interleaves: hello and ping first, pings when they
/// are due, and queued frames once the gateway has answered.
/// </summary>
internal sealed class FrameOutput(Link link, TokenSigner signer, SendQueue queue, ClientClock clock, Action written, Action pingSent, ClientMetrics metrics) : IDisposable
{
    // Frames are gathered up to this size before they are given to the network.
    private const int BatchBytes = 16 * 1024;

    // Those of the handshake, and the one sent last: what a gateway with another clock can refer to.
    private const int RememberedTokens = 4;

    private readonly SemaphoreSlim _wake = new(0);
    private readonly Queue<string> _tokens = new(RememberedTokens);
    private bool _mayDrain;
    private volatile bool _isLeaving;
    private int _pingsDue;

    /// <summary>Signs the first frames and sends them.</summary>
    /// <param name="hello">The hello; null for an anonymous client.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task GreetAsync(HelloPayload? hello, CancellationToken cancellationToken)
    {
        var greeting = new ArrayBufferWriter<byte>();
        if (hello is not null) Write(greeting, FrameKinds.Hello, hello.ToJson());
        Write(greeting, FrameKinds.Ping, default);
        pingSent();
        await SendAsync(greeting, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A nonce for a hello.</summary>
    public static string Nonce() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>The gateway has answered: what is queued may go.</summary>
    public void Open()
    {
        Volatile.Write(ref _mayDrain, true);
        Wake();
    }

    /// <summary>Asks for a ping, as soon as the loop is free.</summary>
    public void Ping()
    {
        Interlocked.Exchange(ref _pingsDue, 1);
        Wake();
    }

    /// <summary>Sends what is queued, then says that nothing more comes.</summary>
    public void Leave()
    {
        _isLeaving = true;
        Wake();
    }

    /// <summary>Something may be there to send.</summary>
    public void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0) _wake.Release();
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended; the next one looks into the queue by itself.
        }
    }

    /// <summary>True for a token that this connection has sent lately.</summary>
    public bool HasSent(string? token)
    {
        lock (_tokens) return token is not null && _tokens.Contains(token, StringComparer.Ordinal);
    }

    /// <summary>Writes until it has left, or until the connection ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var batch = new ArrayBufferWriter<byte>(FrameFormat.HeaderLength);
        while (true)
        {
            await _wake.WaitAsync(cancellationToken).ConfigureAwait(false);
            while (Gather(batch, out var messages))
            {
                await SendAsync(batch, cancellationToken).ConfigureAwait(false);
                metrics.Sent(messages);
                // A burst must not be kept in memory for as long as the connection lasts.
                if (batch.Capacity > 4 * BatchBytes) batch = new ArrayBufferWriter<byte>(FrameFormat.HeaderLength);
                else batch.ResetWrittenCount();
            }

            if (!_isLeaving) continue;
            await link.ShutdownSendAsync().ConfigureAwait(false);
            return;
        }
    }

    public void Dispose() => _wake.Dispose();

    private bool Gather(ArrayBufferWriter<byte> batch, out int messages)
    {
        messages = 0;
        if (Interlocked.Exchange(ref _pingsDue, 0) != 0)
        {
            Write(batch, FrameKinds.Ping, default);
            pingSent();
        }

        while (Volatile.Read(ref _mayDrain) && batch.WrittenCount < BatchBytes && queue.TryTake(out var frame))
        {
            Write(batch, frame.Type, frame.Content);
            messages++;
        }

        return batch.WrittenCount > 0;
    }

    private void Write(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> type, ReadOnlyMemory<byte> content)
    {
        var start = output.WrittenCount;
        signer.Write(output, type, content, clock.UnixSeconds);
        var token = FrameFormat.Trim(output.WrittenSpan.Slice(start + FrameFormat.TokenOffset, FrameFormat.FieldLength));
        lock (_tokens)
        {
            if (_tokens.Count == RememberedTokens) _tokens.Dequeue();
            _tokens.Enqueue(Encoding.ASCII.GetString(token));
        }
    }

    private async Task SendAsync(ArrayBufferWriter<byte> bytes, CancellationToken cancellationToken)
    {
        await link.Stream.WriteAsync(bytes.WrittenMemory, cancellationToken).ConfigureAwait(false);
        written();
    }
}
