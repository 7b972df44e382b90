using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using HeartbeatGateway.Client.Connection;

namespace HeartbeatGateway.Client.Transport;

/// <summary>Connects over TCP, and over TLS when it is configured.</summary>
internal sealed class SocketTransportFactory(GatewayClientOptions options, TimeProvider timeProvider) : ITransportFactory
{
    private readonly TlsSettings? _tls = options.Tls is null ? null : new TlsSettings(options.Tls);

    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        SharedNameLookup.OfProcess.ResolveAsync(host, cancellationToken);

    public async Task<ClientTransport> ConnectAsync(GatewayAddress address, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, timeProvider);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        return await ConnectSocketAsync(address.EndPoint, limited.Token, cancellationToken).ConfigureAwait(false);
    }

    public async Task SecureAsync(ClientTransport transport, GatewayAddress address, CancellationToken cancellationToken)
    {
        if (_tls is null) return;
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, timeProvider);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await ((SocketTransport)transport).AuthenticateAsync(_tls.ForHost(address.Host), limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var limit = options.ConnectTimeout.TotalSeconds;
            throw new TransportException(DisconnectKind.TlsFailed, $"The TLS handshake with {address.EndPoint} did not finish within {limit:0.###} s.", e);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException)
        {
            var cause = e.GetBaseException().Message;
            var explanation = FirstBytes.ExplainToTlsClient(((SocketTransport)transport).FirstReceived);
            var hint = explanation is null ? "" : $" ({explanation})";
            throw new TransportException(DisconnectKind.TlsFailed, $"The TLS handshake with {address.EndPoint} failed: {cause}{hint}", e);
        }
    }

    private async Task<SocketTransport> ConnectSocketAsync(IPEndPoint address, CancellationToken limited, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            // Fails when the system does not support the address family, or has no free file descriptors.
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // Heartbeats are small, and Nagle's algorithm would only delay them.
            socket.NoDelay = true;
            if (options.LocalAddress is { } local) LocalBinding.Bind(socket, local);
            await socket.ConnectAsync(address, limited).ConfigureAwait(false);
            return new SocketTransport(socket, address);
        }
        catch (Exception e)
        {
            socket?.Dispose();
            if (e is OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var limit = options.ConnectTimeout.TotalSeconds;
                throw new TransportException(DisconnectKind.ConnectFailed, $"{address} did not answer within {limit:0.###} s.", e);
            }

            if (e is not SocketException) throw;
            throw new TransportException(DisconnectKind.ConnectFailed, $"Connecting to {address} failed: {e.Message}", e);
        }
    }
}

/// <summary>A connection could not be made.</summary>
internal sealed class TransportException(DisconnectKind kind, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public DisconnectKind Kind { get; } = kind;
}
