using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Outbound;

namespace HeartbeatGateway.Server.Connection;

/// <summary>One message for one or more connections. Its frame is encoded once for each signer, since the token depends on the key. For one thread.</summary>
internal sealed class Push
{
    private readonly EngineContext _context;
    private readonly byte[] _type;
    private readonly ReadOnlyMemory<byte> _content;
    private readonly long _unixSeconds;
    private readonly Dictionary<TokenSigner, ReadOnlyMemory<byte>> _frames = [];
    private byte[]? _ownContent;

    public Push(EngineContext context, string type, ReadOnlyMemory<byte> content)
    {
        _context = context;
        _type = Encoding.UTF8.GetBytes(type);
        _content = content;
        _unixSeconds = context.UnixSeconds;
    }

    public ReadOnlyMemory<byte> Type => _type;

    /// <summary>A copy of the content, which the caller does not change. One for all clients.</summary>
    public ReadOnlyMemory<byte> OwnContent => _ownContent ??= _content.ToArray();

    /// <summary>Sends it on a connection; never waits. A connection whose key is not known yet gets nothing.</summary>
    public SendResult To(GatewayConnection? connection)
    {
        // A client with the feature ack gets nothing before it has shown that it has read its welcome; no client does before the program has allowed its hello.
        if (connection?.Signer is not { } signer || connection.Session is { IsRegistered: false } || connection.IsHelloUndecided) return SendResult.NotConnected;
        // Under such a key no client is anonymous.
        if (signer.IsPerClient && connection.Session is null) return SendResult.NotConnected;
        return connection.Send(FrameOf(signer), FrameKinds.Of(_type), _context.Now) switch
        {
            OutboundResult.Accepted => SendResult.Accepted,
            OutboundResult.Full => SendResult.TooMuchPending,
            _ => SendResult.NotConnected,
        };
    }

    private ReadOnlyMemory<byte> FrameOf(TokenSigner signer)
    {
        if (_frames.TryGetValue(signer, out var frame)) return frame;
        frame = signer.Encode(_type, _content, _unixSeconds);
        // A signer of one client has no other use for it.
        if (!signer.IsPerClient) _frames[signer] = frame;
        return frame;
    }
}
