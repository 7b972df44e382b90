using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using HeartbeatGateway.Epoll;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Bench.Bare;

/// <summary>The gateway's transport on epoll for every endpoint but HTTP's, with a thread that accepts.</summary>
internal sealed class EpollListenerFactory(ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly EpollTransport _transport = new(isInline: true, loggers.CreateLogger<EpollTransport>());

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint { Address: var address } && address.Equals(IPAddress.Any);

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(endpoint);
        socket.Listen(4096);
        return ValueTask.FromResult<IConnectionListener>(new Listener(socket, _transport));
    }

    public void Dispose() => _transport.Dispose();

    private sealed class Listener : IConnectionListener
    {
        private readonly Socket _socket;
        private readonly EpollTransport _transport;
        private readonly Channel<AcceptedSocket> _accepted = Channel.CreateUnbounded<AcceptedSocket>();

        public Listener(Socket socket, EpollTransport transport)
        {
            (_socket, _transport, EndPoint) = (socket, transport, socket.LocalEndPoint!);
            new Thread(AcceptAll) { IsBackground = true }.Start();
        }

        public EndPoint EndPoint { get; }

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await _accepted.Reader.WaitToReadAsync(CancellationToken.None))
            {
                if (_accepted.Reader.TryRead(out var accepted)) return _transport.Connect(accepted);
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _socket.Dispose();
            return default;
        }

        public ValueTask DisposeAsync() => UnbindAsync();

        private void AcceptAll()
        {
            try
            {
                while (true)
                {
                    _accepted.Writer.TryWrite(AcceptedSocket.Accept(_socket));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                _accepted.Writer.Complete();
            }
        }
    }
}
