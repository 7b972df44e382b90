using System.Buffers;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tests.Support;

/// <summary>Uses a reader as a connection does: it keeps the unread bytes and passes them to the reader again with the next ones.</summary>
internal sealed class FrameStream(FrameResync resync = FrameResync.Strict, int maxContentBytes = 65536)
{
    private readonly byte[] _scratch = new byte[FrameFormat.HeaderLength];
    private FrameReader _reader;
    private List<byte[]> _unread = [];

    public List<(string Type, byte[] Content)> Frames { get; } = [];

    public int Unread => _unread.Sum(part => part.Length);

    /// <summary>Reads until the reader needs more bytes or finds a violation.</summary>
    public FrameReadStatus Feed(params byte[][] parts)
    {
        _unread.AddRange(parts);
        var buffer = Segments.Of(_unread);
        FrameReadStatus status;
        while ((status = _reader.TryRead(ref buffer, _scratch, maxContentBytes, resync, out var frame)) == FrameReadStatus.Complete)
        {
            Frames.Add((frame.TypeText, frame.Content.ToArray()));
        }

        _unread = [];
        foreach (var segment in buffer) _unread.Add(segment.ToArray());
        return status;
    }
}
