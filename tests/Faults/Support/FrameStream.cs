using System.Buffers;
using System.Net.Sockets;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>Reads frames from a connection one after another, and verifies the token of each.</summary>
internal sealed class FrameStream(Func<Memory<byte>, CancellationToken, ValueTask<int>> receive, TokenScheme scheme = TokenScheme.HmacSha256)
{
    private const int MaxContentBytes = 1024 * 1024;

    private readonly TokenKeyring _keyring = TestSecrets.ClientKeyring(scheme);
    private readonly TimeProvider _time = TimeProvider.System;
    private byte[] _buffer = new byte[2048];
    private FrameReader _reader;
    private int _start;
    private int _end;

    public FrameStream(Socket socket)
        : this((buffer, cancellationToken) => socket.ReceiveAsync(buffer, cancellationToken))
    {
    }

    /// <returns>The next frame; null at the end of the stream.</returns>
    /// <exception cref="SocketException">The connection was reset. Over TLS it is an <see cref="IOException"/>.</exception>
    /// <exception cref="InvalidDataException">The bytes are not a valid frame of the gateway, or the stream ended inside a frame.</exception>
    public async Task<(string Type, byte[] Content)?> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (TryTake() is { } frame) return frame;
            MakeRoom();
            var read = await receive(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                return _start == _end ? null : throw new InvalidDataException($"The stream ended inside a frame, after {_end - _start} bytes of it.");
            }

            _end += read;
        }
    }

    private (string Type, byte[] Content)? TryTake()
    {
        var bytes = new ReadOnlySequence<byte>(_buffer, _start, _end - _start);
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var status = _reader.TryRead(ref bytes, scratch, MaxContentBytes, FrameResync.Strict, out var frame);
        _start = _end - (int)bytes.Length;
        if (status == FrameReadStatus.Incomplete) return null;
        if (status != FrameReadStatus.Complete) throw new InvalidDataException($"The gateway sent bytes that are not a frame: {status}.");
        var verdict = _keyring.Verify(frame, _time.GetUtcNow().ToUnixTimeSeconds());
        if (!verdict.IsVerified) throw new InvalidDataException($"The gateway sent a frame whose token is {verdict.Outcome}.");
        return (frame.Kind == FrameKind.Ping ? "ping" : frame.TypeText, frame.Content.ToArray());
    }

    private void MakeRoom()
    {
        _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
    }
}
