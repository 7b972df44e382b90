using System.Buffers;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>How a client's connection ended, as the client sees it.</summary>
internal enum CrowdEnd
{
    StillOpen,
    Finished,
    Reset,

    /// <summary>The received bytes were not a valid frame of the gateway.</summary>
    Garbled,
}

/// <summary>
/// One client of a <see cref="Crowd"/>: a socket and what was received from it. The socket is read continuously, unless the client is a
/// slow consumer.
/// </summary>
internal sealed class CrowdClient : IDisposable
{
    private const int SmallReceiveBuffer = 4096;

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly byte[] _buffer = new byte[4096];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _writing = new(1);
    private FrameReader _reader;
    private Stream? _tls;
    private int _kept;
    private long _frames;

    public Socket Socket { get; } = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>The number of frames received.</summary>
    public long Frames => Interlocked.Read(ref _frames);

    /// <summary>Type and content of the first frame received; null before it.</summary>
    public (string Type, string Content)? FirstFrame { get; private set; }

    /// <summary>Type and content of the last frame received; null before the first.</summary>
    public (string Type, string Content)? LastFrame { get; private set; }

    public CrowdEnd End { get; private set; }

    /// <summary>The timestamp at which the connection ended; 0 while it is open.</summary>
    public long EndedAt { get; private set; }

    /// <summary>
    /// The timestamp taken just before the last bytes were passed to the kernel, so the gateway received them later. 0 before the first. What is sent
    /// after the end does not count.
    /// </summary>
    public long LastSent { get; private set; }

    /// <summary>The longest time between two sends.</summary>
    public TimeSpan LongestSilence { get; private set; }

    /// <summary>Completes when the connection ends.</summary>
    public Task Ended => _ended.Task;

    /// <param name="gateway">Where to connect to; with TLS, the handshake is completed too.</param>
    /// <param name="reads">False: received bytes stay in a small kernel buffer until the test reads them.</param>
    public async Task ConnectAsync(ClientPort gateway, bool reads = true)
    {
        if (!reads) Socket.ReceiveBufferSize = SmallReceiveBuffer;
        try
        {
            await Socket.ConnectAsync(gateway.EndPoint);
            _tls = await gateway.SecureAsync(Socket, ownsSocket: false);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Rejected before this process handled the completed connect.
            Ends(CrowdEnd.Reset);
            return;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Rejected, or closed by this client, during the TLS handshake.
            Ends(e.InnerException is SocketException ? CrowdEnd.Reset : CrowdEnd.Finished);
            return;
        }

        if (reads) _ = Task.Run(ReadAsync);
    }

    public Task PingAsync() => SendAsync(TestSecrets.ClientKeyring().Keys[0].Bare.Ping(_time.GetUtcNow().ToUnixTimeSeconds()));

    /// <summary>Sends a hello with this client id, and with the feature that a close frame states the reason.</summary>
    public Task HelloAsync(string clientId) => SendFrameAsync(
        "hello", new HelloPayload { ClientId = clientId, Nonce = Guid.NewGuid().ToString("N"), Features = [ProtocolFeatures.Close] }.ToJson());

    /// <summary>Sends a frame; nothing when the connection has ended.</summary>
    public Task SendFrameAsync(string type, string content) => SendFrameAsync(type, Encoding.UTF8.GetBytes(content));

    /// <inheritdoc cref="SendFrameAsync(string, string)"/>
    public Task SendFrameAsync(string type, byte[] content) =>
        SendAsync(TestSecrets.ClientKeyring().Keys[0].Bare.Encode(Encoding.UTF8.GetBytes(type), content, _time.GetUtcNow().ToUnixTimeSeconds()));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (End == CrowdEnd.StillOpen)
        {
            var now = _time.GetTimestamp();
            if (LastSent != 0 && _time.GetElapsedTime(LastSent, now) is var silence && silence > LongestSilence) LongestSilence = silence;
            LastSent = now;
        }

        try
        {
            if (_tls is not null) await WriteTlsAsync(_tls, bytes);
            else while (!bytes.IsEmpty) bytes = bytes[await Socket.SendAsync(bytes)..];
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            // The connection has ended; the read side records how.
        }
    }

    /// <returns>The number of bytes received; 0 at the end of the stream.</returns>
    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        _tls is null ? await Socket.ReceiveAsync(buffer, cancellationToken) : await _tls.ReadAsync(buffer, cancellationToken);

    /// <summary>Closes with a reset.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        Dispose();
    }

    public void Dispose()
    {
        // The socket first: the stream would end it with FIN, also where a reset is set.
        Socket.Dispose();
        _tls?.Dispose();
    }

    /// <summary>A TLS stream takes one write at a time; heartbeats and the test write independently of each other.</summary>
    private async Task WriteTlsAsync(Stream stream, ReadOnlyMemory<byte> bytes)
    {
        await _writing.WaitAsync();
        try
        {
            await stream.WriteAsync(bytes);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        var end = CrowdEnd.Finished;
        try
        {
            while (await ReceiveAsync(_buffer.AsMemory(_kept), CancellationToken.None) is > 0 and var read) Parse(_kept + read);
        }
        catch (Exception e) when (e is SocketException || e is IOException { InnerException: SocketException { SocketErrorCode: not SocketError.OperationAborted } })
        {
            end = CrowdEnd.Reset;
        }
        catch (Exception e) when (e is ObjectDisposedException or IOException)
        {
            // The client has closed it.
        }
        catch (InvalidDataException)
        {
            end = CrowdEnd.Garbled;
        }

        if (_kept > 0 && end == CrowdEnd.Finished) end = CrowdEnd.Garbled;
        Ends(end);
    }

    private void Ends(CrowdEnd end)
    {
        EndedAt = _time.GetTimestamp();
        // The gateway has closed its end, so the client closes too.
        Dispose();
        End = end;
        _ended.SetResult();
    }

    private void Parse(int length)
    {
        var bytes = new ReadOnlySequence<byte>(_buffer, 0, length);
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        while (_reader.TryRead(ref bytes, scratch, _buffer.Length - FrameFormat.HeaderLength, FrameResync.Strict, out var frame) is var status and not FrameReadStatus.Incomplete)
        {
            if (status != FrameReadStatus.Complete) throw new InvalidDataException($"The gateway sent bytes that are not a frame: {status}.");
            LastFrame = frame.Kind == FrameKind.Ping ? ("ping", "") : (frame.TypeText, Encoding.UTF8.GetString(frame.Content.ToArray()));
            FirstFrame ??= LastFrame;
            Interlocked.Increment(ref _frames);
        }

        bytes.CopyTo(_buffer);
        _kept = (int)bytes.Length;
    }
}
