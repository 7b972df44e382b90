using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Http.Features;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// A connection as it is at each read: nothing is copied. For walks over all connections, which look at each for a moment; keep
/// <see cref="ConnectionInfo"/> instead. Thread-safe.
/// </summary>
public readonly struct ConnectionView
{
    private readonly GatewayConnection _connection;
    private readonly EngineContext _context;

    internal ConnectionView(GatewayConnection connection, EngineContext context) => (_connection, _context) = (connection, context);

    /// <inheritdoc cref="ConnectionInfo.Id"/>
    public ConnectionId Id => _connection.Id;

    /// <summary>What it came in by.</summary>
    public TransportKind Kind => _connection.Kind;

    /// <summary>How far it has come.</summary>
    public ConnectionState State =>
        _connection.HasEnded ? ConnectionState.Closing : _connection.IsConnected ? ConnectionState.Connected : ConnectionState.Handshaking;

    /// <summary>Why it was closed; <see cref="CloseReason.None"/> while it is open.</summary>
    public CloseReason Reason => _connection.Reason;

    /// <summary>The client id from its hello; null while it is anonymous.</summary>
    public string? ClientId => _connection.Session?.ClientId;

    /// <inheritdoc cref="ClientInfo.Generation"/>
    /// <remarks>Null while it is anonymous.</remarks>
    public long? Generation => _connection.Session?.Generation;

    /// <summary>The id of its session, which outlives the connection when it is resumed; null while it is anonymous.</summary>
    public string? SessionId => _connection.Session is { } session ? ClientSession.Text(session.Id) : null;

    /// <summary>The name and version of the client's library, from its hello; null while it is anonymous, and when it told none.</summary>
    public string? Library => _connection.Session?.Library;

    /// <summary>The features that the welcome granted; empty while it is anonymous.</summary>
    public IReadOnlyList<string> GrantedFeatures => _connection.Session?.GrantedFeatures ?? [];

    /// <summary>How often its client id has reconnected, this connection included, as far as the gateway remembers; 0 while it is anonymous.</summary>
    public int Reconnects => _connection.Session?.Reconnects ?? 0;

    /// <summary>The id of the key that its last verified frame was signed with; null before it.</summary>
    public string? KeyId => _connection.Signer?.Key.Id;

    /// <inheritdoc cref="ConnectionInfo.RemoteEndPoint"/>
    public EndPoint? RemoteEndPoint => _connection.RemoteEndPoint;

    /// <summary>The address of the other end of the socket: behind a trusted proxy, the proxy's. Null when it is that of the client.</summary>
    public EndPoint? ProxyEndPoint
    {
        get
        {
            var peer = SocketPeer.Of(_connection.Transport);
            return Equals(peer, _connection.RemoteEndPoint) ? null : peer;
        }
    }

    /// <inheritdoc cref="ConnectionInfo.Age"/>
    public TimeSpan Age => _context.Elapsed(_connection.OpenedAt, _context.Now);

    /// <inheritdoc cref="ConnectionInfo.SinceLastRead"/>
    public TimeSpan SinceLastRead => _context.Elapsed(_connection.LastRead, _context.Now);

    /// <summary>Time since the transport last took bytes for the client.</summary>
    public TimeSpan SinceLastWrite => _context.Elapsed(_connection.Idle.LastWrite, _context.Now);

    /// <inheritdoc cref="ConnectionInfo.SinceLastPing"/>
    public TimeSpan? SinceLastPing => _connection.LastPing is not 0 and var ping ? _context.Elapsed(ping, _context.Now) : null;

    /// <inheritdoc cref="ConnectionInfo.BytesRead"/>
    public long BytesRead => _connection.BytesRead;

    /// <summary>Bytes that the transport took for the client so far.</summary>
    public long BytesWritten => _connection.BytesWritten;

    /// <summary>Verified frames read so far.</summary>
    public long FramesRead => _connection.FramesRead;

    /// <summary>Frames accepted for the client so far.</summary>
    public long FramesWritten => _connection.FramesWritten;

    /// <inheritdoc cref="ConnectionInfo.PendingBytes"/>
    public int PendingBytes => _connection.Outbound.PendingBytes;

    /// <summary>It is closed after this time without a byte; zero when it is not.</summary>
    public TimeSpan ReaderIdle
    {
        get
        {
            var own = _context.Settings.Idle.Reader;
            return own == 0 ? TimeSpan.Zero : NegotiatedReaderIdle ?? _context.Elapsed(0, own);
        }
    }

    /// <summary>The negotiated reader-idle limit; null when the gateway's own holds.</summary>
    public TimeSpan? NegotiatedReaderIdle => _connection.NegotiatedReaderIdle is > 0 and var limit ? _context.Elapsed(0, limit) : null;

    /// <summary>The mean difference between neighbouring gaps of the latest 16 pings; zero below three pings.</summary>
    public TimeSpan HeartbeatJitter => _connection.Gaps.Jitter();

    /// <summary>What the transport has added to the connection, such as its TLS handshake. To be read only.</summary>
    public IFeatureCollection Features => _connection.Transport.Features;

    /// <summary>The gaps between the latest 16 pings, the oldest first; resolution 10 ms, 655.34 s at most.</summary>
    public IReadOnlyList<TimeSpan> GetHeartbeatGaps() => _connection.Gaps.ToArray();

    /// <summary>Asks the kernel, by one system call. Null when the transport measures nothing.</summary>
    public TcpStatistics? GetTcpStatistics() => TcpStatisticsReader.Read(_connection.Transport);

    /// <summary>A copy of the most important facts.</summary>
    public ConnectionInfo ToInfo() => ConnectionInfo.Of(_connection, _context);
}
