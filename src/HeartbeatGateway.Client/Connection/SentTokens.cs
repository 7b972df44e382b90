using System.Text;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// The tokens of the frames that a connection sent most recently. A close frame that quotes none of them does not answer this connection.
/// Several are kept, because more frames may be in flight when the gateway rejects the first one.
/// </summary>
internal sealed class SentTokens
{
    private const int Kept = 4;
    private readonly Lock _lock = new();
    private readonly byte[] _fields = new byte[Kept * FrameFormat.FieldLength];
    private int _next;

    /// <summary>Records the token of an encoded frame.</summary>
    public void Add(ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            frame.Slice(FrameFormat.TokenOffset, FrameFormat.FieldLength).CopyTo(_fields.AsSpan(_next * FrameFormat.FieldLength));
            _next = (_next + 1) % Kept;
        }
    }

    /// <summary>True when the text is one of the tokens. False for an empty token, which the scheme <c>none</c> uses: it proves nothing.</summary>
    public bool Contains(string? token)
    {
        if (string.IsNullOrEmpty(token) || token.Length > FrameFormat.FieldLength) return false;
        var bytes = Encoding.UTF8.GetBytes(token);
        lock (_lock)
        {
            for (var i = 0; i < Kept; i++)
            {
                if (FrameFormat.Trim(_fields.AsSpan(i * FrameFormat.FieldLength, FrameFormat.FieldLength)).SequenceEqual(bytes)) return true;
            }

            return false;
        }
    }
}
