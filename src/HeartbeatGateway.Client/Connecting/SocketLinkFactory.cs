using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Client.Connecting;

/// <summary>Links over TCP and, where asked for, TLS.</summary>
internal sealed class SocketLinkFactory(GatewayClientOptions options) : ILinkFactory
{
    public async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        if (endpoint is IPEndPoint address) return IsReachable(address.Address) ? [address] : [];
        var dns = (DnsEndPoint)endpoint;
        try
        {
            var found = await Dns.GetHostAddressesAsync(dns.Host, dns.AddressFamily, cancellationToken).ConfigureAwait(false);
            return [.. found.Where(IsReachable).Select(a => new IPEndPoint(a, dns.Port))];
        }
        catch (SocketException e)
        {
            throw new LinkException(GatewayClientEndKind.ConnectFailed, $"{dns.Host} could not be resolved: {e.Message}", e);
        }
    }

    public async Task<Link> ConnectAsync(IPEndPoint address, string host, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        NetworkStream? stream = null;
        try
        {
            if (options.LocalAddress is { } local) socket.Bind(new IPEndPoint(local, 0));
            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (options.Tls is not { } tls) return new Link(stream, socket, address);
            return new Link(await EncryptAsync(stream, tls, host, cancellationToken).ConfigureAwait(false), socket, address);
        }
        catch (Exception e)
        {
            if (stream is null) socket.Dispose();
            else await stream.DisposeAsync().ConfigureAwait(false);
            switch (e)
            {
                case AuthenticationException or IOException:
                    throw new LinkException(GatewayClientEndKind.TlsFailed, $"the TLS handshake with {address} failed: {e.Message} {e.InnerException?.Message}".TrimEnd(), e);
                case SocketException or ArgumentException:
                    throw new LinkException(stream is null ? GatewayClientEndKind.ConnectFailed : GatewayClientEndKind.TlsFailed, $"{address} could not be connected to: {e.Message}", e);
                default:
                    throw;
            }
        }
    }

    private static async Task<Stream> EncryptAsync(Stream stream, GatewayClientTls tls, string host, CancellationToken cancellationToken)
    {
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            var settings = new SslClientAuthenticationOptions
            {
                TargetHost = tls.ServerName ?? host,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateRevocationCheckMode = tls.RevocationMode,
                CertificateChainPolicy = tls.TrustedRoots is { } roots ? Policy(roots, tls.RevocationMode) : null,
                ClientCertificates = tls.ClientCertificate is { } certificate ? [certificate] : null,
            };
            await encrypted.AuthenticateAsClientAsync(settings, cancellationToken).ConfigureAwait(false);
            return encrypted;
        }
        catch
        {
            await encrypted.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static X509ChainPolicy Policy(X509Certificate2Collection roots, X509RevocationMode revocation)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = revocation };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private bool IsReachable(IPAddress address) => options.LocalAddress is not { } local || local.AddressFamily == address.AddressFamily;
}
