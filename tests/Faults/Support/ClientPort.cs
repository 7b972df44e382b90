using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>Where clients connect to.</summary>
/// <param name="EndPoint">The gateway's endpoint for clients.</param>
/// <param name="Authority">With TLS: the authority of the gateway's certificate. Null for plain TCP.</param>
internal sealed record ClientPort(IPEndPoint EndPoint, X509Certificate2? Authority = null)
{
    /// <summary>The host name in the gateway's certificate.</summary>
    public const string ServerName = "gateway";

    public bool IsTls => Authority is not null;

    public static implicit operator ClientPort(IPEndPoint endPoint) => new(endPoint);

    /// <summary>A connected client; with TLS, its handshake is complete.</summary>
    public Task<SocketClient> ConnectAsync() => SocketClient.ConnectAsync(EndPoint, async socket => await SecureAsync(socket, ownsSocket: false));

    /// <summary>Completes the TLS handshake on a connected socket.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="ownsSocket">True: the stream disposes the socket.</param>
    /// <returns>The TLS stream; null for plain TCP.</returns>
    /// <exception cref="IOException">The gateway ended the connection during the handshake.</exception>
    public async Task<SslStream?> SecureAsync(Socket socket, bool ownsSocket)
    {
        if (Authority is null) return null;
        var stream = new SslStream(new NetworkStream(socket, ownsSocket));
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = ServerName,
                // Each handshake is a whole one, as those of a fleet that comes for the first time.
                AllowTlsResume = false,
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    CustomTrustStore = { Authority },
                },
            });
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
