using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using HeartbeatGateway.Client.Connection;

namespace HeartbeatGateway.Client.Transport;

/// <summary>A connected socket, with or without TLS.</summary>
internal sealed class SocketTransport(Socket socket, EndPoint remote) : ClientTransport(new NetworkStream(socket, ownsSocket: false))
{
    private SslStream? _tls;

    public override Stream Stream => _tls ?? base.Stream;

    public override EndPoint RemoteEndPoint => remote;

    public override bool HasUnreadInput
    {
        get
        {
            try
            {
                return socket.Available > 0;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The socket is closed: there is nothing left to read.
                return false;
            }
        }
    }

    /// <summary>The first bytes of the peer during a handshake that has not succeeded.</summary>
    public ReadOnlySpan<byte> FirstReceived => Wire.First;

    public async Task AuthenticateAsync(SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        Wire.KeepFirst(FirstBytes.Length);
        _tls = new SslStream(Wire, leaveInnerStreamOpen: true);
        await _tls.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
        Wire.ForgetFirst();
    }

    public override async ValueTask ShutdownOutputAsync()
    {
        if (_tls is not null) await _tls.ShutdownAsync().ConfigureAwait(false);
        socket.Shutdown(SocketShutdown.Send);
    }

    public override void Abort() => socket.Dispose();

    public override async ValueTask DisposeAsync()
    {
        socket.Dispose();
        if (_tls is not null) await _tls.DisposeAsync().ConfigureAwait(false);
        await Wire.DisposeAsync().ConfigureAwait(false);
    }
}
