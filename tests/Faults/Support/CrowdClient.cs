using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>How a client's connection ended, seen from the client.</summary>
internal enum CrowdEnd
{
    StillOpen,
    Finished,
    Reset,

    /// <summary>What came in was no frame of the gateway's.</summary>
    Garbled,
}

/// <summary>One client of a <see cref="Crowd"/>: a socket that is read all the time, unless it is to be a slow one, and what came in.</summary>
internal sealed class CrowdClient : IDisposable
{
    private const int SmallReceiveBuffer = 4096;

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly byte[] _buffer = new byte[4096];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FrameReader _reader;
    private int _kept;
    private long _pongs;

    public Socket Socket { get; } = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>Frames that came in.</summary>
    public long Frames => Interlocked.Read(ref _pongs);

    /// <summary>Type and content of the last frame that came in; null before the first.</summary>
    public (string Type, string Content)? LastFrame { get; private set; }

    public CrowdEnd End { get; private set; }

    /// <summary>When the connection ended, as timestamp; 0 while it is open.</summary>
    public long EndedAt { get; private set; }

    /// <summary>When bytes were last about to be handed to the kernel, as timestamp: the gateway cannot have had them earlier. 0 before the first.</summary>
    public long LastSent { get; private set; }

    /// <summary>The longest time between two sends.</summary>
    public TimeSpan LongestSilence { get; private set; }

    /// <summary>Completes when the connection ends.</summary>
    public Task Ended => _ended.Task;

    /// <param name="gateway">Where to.</param>
    /// <param name="reads">False: what comes in stays in the system, which takes little, until the test reads it.</param>
    public async Task ConnectAsync(EndPoint gateway, bool reads = true)
    {
        if (!reads) Socket.ReceiveBufferSize = SmallReceiveBuffer;
        try
        {
            await Socket.ConnectAsync(gateway);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Turned away before this process had a look.
            EndedAt = _time.GetTimestamp();
            End = CrowdEnd.Reset;
            _ended.SetResult();
            return;
        }

        if (reads) _ = Task.Run(ReadAsync);
    }

    public Task PingAsync() => SendAsync(TestSecrets.ClientKeyring().Keys[0].Bare.Ping(_time.GetUtcNow().ToUnixTimeSeconds()));

    /// <summary>Gives a name that no other client has, and asks to be told why it is closed.</summary>
    public Task HelloAsync(string clientId) => SendFrameAsync(
        "hello", new HelloPayload { ClientId = clientId, Nonce = Guid.NewGuid().ToString("N"), Features = [ProtocolFeatures.Close] }.ToJson());

    /// <summary>Sends a frame; nothing when the connection has ended.</summary>
    public Task SendFrameAsync(string type, string content) => SendFrameAsync(type, Encoding.UTF8.GetBytes(content));

    /// <inheritdoc cref="SendFrameAsync(string, string)"/>
    public Task SendFrameAsync(string type, byte[] content) =>
        SendAsync(TestSecrets.ClientKeyring().Keys[0].Bare.Encode(Encoding.UTF8.GetBytes(type), content, _time.GetUtcNow().ToUnixTimeSeconds()));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var now = _time.GetTimestamp();
        if (LastSent != 0 && End == CrowdEnd.StillOpen && _time.GetElapsedTime(LastSent, now) is var silence && silence > LongestSilence) LongestSilence = silence;
        LastSent = now;
        try
        {
            while (!bytes.IsEmpty) bytes = bytes[await Socket.SendAsync(bytes)..];
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection has ended, which the read side tells.
        }
    }

    /// <summary>Closes with a reset.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        Socket.Dispose();
    }

    public void Dispose() => Socket.Dispose();

    private async Task ReadAsync()
    {
        var end = CrowdEnd.Finished;
        try
        {
            while (await Socket.ReceiveAsync(_buffer.AsMemory(_kept)) is > 0 and var read) Parse(_kept + read);
        }
        catch (SocketException)
        {
            end = CrowdEnd.Reset;
        }
        catch (ObjectDisposedException)
        {
            // The client has closed it.
        }
        catch (InvalidDataException)
        {
            end = CrowdEnd.Garbled;
        }

        if (_kept > 0 && end == CrowdEnd.Finished) end = CrowdEnd.Garbled;
        EndedAt = _time.GetTimestamp();
        // Nobody is at the other end any more, so neither is it.
        Socket.Dispose();
        End = end;
        _ended.SetResult();
    }

    private void Parse(int length)
    {
        var bytes = new ReadOnlySequence<byte>(_buffer, 0, length);
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        while (_reader.TryRead(ref bytes, scratch, _buffer.Length - FrameFormat.HeaderLength, FrameResync.Strict, out var frame) is var status and not FrameReadStatus.Incomplete)
        {
            if (status != FrameReadStatus.Complete) throw new InvalidDataException($"The gateway sent bytes that are no frame: {status}.");
            Interlocked.Increment(ref _pongs);
            LastFrame = frame.Kind == FrameKind.Ping ? ("ping", "") : (frame.TypeText, Encoding.UTF8.GetString(frame.Content.ToArray()));
        }

        bytes.CopyTo(_buffer);
        _kept = (int)bytes.Length;
    }
}
