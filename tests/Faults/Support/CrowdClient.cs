using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>How a client's connection ended, seen from the client.</summary>
internal enum CrowdEnd
{
    StillOpen,
    Finished,
    Reset,
}

/// <summary>One client of a <see cref="Crowd"/>: a socket that is read all the time, and what came in.</summary>
internal sealed class CrowdClient : IDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly byte[] _buffer = new byte[1024];
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

    public async Task ConnectAsync(EndPoint gateway)
    {
        await Socket.ConnectAsync(gateway);
        _ = Task.Run(ReadAsync);
    }

    public Task PingAsync() => SendAsync(TestSecrets.ClientKeyring().Keys[0].Bare.Ping(_time.GetUtcNow().ToUnixTimeSeconds()));

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

        EndedAt = _time.GetTimestamp();
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
