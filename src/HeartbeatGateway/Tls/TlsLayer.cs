using System.Buffers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HeartbeatGateway.Tls;

/// <summary>
/// TLS for clients, as connection middleware between admission and read loop. Kestrel's own middleware keeps the reason of a failed handshake to
/// itself; this one says it and counts it. The engine's handshake timeout runs since the connection was accepted and aborts the transport.
/// </summary>
internal sealed class TlsLayer(
    ServiceOptions options, CertificateStore certificates, HandshakeGate handshakes, ClientCertificateWatch clients, TlsMetrics metrics, TimeProvider timeProvider)
    : IDisposable
{
    private readonly TlsOptions _options = options.Tls;
    private readonly NativeMemoryTrim _native = NativeMemoryTrim.OfProcess(timeProvider);

    public void Dispose() => _native.Dispose();

    public void Use(ListenOptions endpoint) => endpoint.Use(next => connection => RunAsync(connection, next));

    private async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            await handshakes.EnterAsync(connection, c => SecureAsync(c, next));
        }
        finally
        {
            Count(connection);
        }
    }

    /// <summary>Once for each connection that TLS ends: what ended otherwise in the meantime is counted there.</summary>
    private void Count(ConnectionContext connection)
    {
        var reason = connection.Features.Get<IGatewayConnectionFeature>()?.Reason ?? CloseReason.None;
        if (connection.Features.Get<IHandshakeFaultFeature>() is HandshakeFault fault && reason is CloseReason.None or CloseReason.TlsFailed) metrics.Failed(fault.Cause);
        else if (reason == CloseReason.TlsFailed) metrics.Failed(TlsFailureCause.Flood);
    }

    private async Task SecureAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var gateway = connection.Features.Get<IGatewayConnectionFeature>();
        var plain = connection.Transport;
        var stream = new TlsStream(new TransportStream(plain));
        try
        {
            var trust = new TrustHolder();
            if (!await TryHandshakeAsync(connection, stream, trust)) return;
            handshakes.Leave(connection);
            connection.Features.Set<ITransportShutdownFeature>(new CloseNotify(stream));
            if (trust.Found is { } found && gateway is not null) clients.Add(gateway.Id, found, connection);
            var secure = new TlsTransport(stream, connection.Features.Get<IMemoryPoolFeature>()?.MemoryPool ?? MemoryPool<byte>.Shared);
            connection.Transport = secure;
            try
            {
                await next(connection);
            }
            finally
            {
                // Back to the pipes below, which the transport's owner closes.
                connection.Transport = plain;
                await secure.CompleteAsync();
            }
        }
        finally
        {
            if (gateway is not null) clients.Remove(gateway.Id);
            await stream.DisposeAsync();
            _native.ConnectionEnded();
        }
    }

    private async Task<bool> TryHandshakeAsync(ConnectionContext connection, SslStream stream, TrustHolder trust)
    {
        try
        {
            await stream.AuthenticateAsServerAsync(Negotiate(connection, trust), CancellationToken.None);
            return true;
        }
        // .NET's parser runs past the end of some malformed ClientHellos.
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or IndexOutOfRangeException or ArgumentException)
        {
            // The check of the client's certificate or the gate may have set a more exact fault. An aborted transport has a reason already.
            if (connection.Features.Get<IHandshakeFaultFeature>() is null && e is not (ConnectionAbortedException or OperationCanceledException)
                && connection.Features.Get<IGatewayConnectionFeature>() is not { Reason: not CloseReason.None })
            {
                connection.Features.Set<IHandshakeFaultFeature>(HandshakeFaults.From(e, HandshakeGate.VersionOf(connection)));
            }

            return false;
        }
    }

    private SslServerAuthenticationOptions Negotiate(ConnectionContext connection, TrustHolder trust)
    {
        var files = certificates.Current;
        var asksClients = _options.ClientCertificates != ClientCertificateDemand.None;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = files.Certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            // None: any list of a client's is accepted, and none of it chosen.
            ApplicationProtocols = null,
            AllowRenegotiation = false,
            ClientCertificateRequired = asksClients,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = asksClients ? ClientCertificateCheck.Policy(files.Authorities) : null,
            RemoteCertificateValidationCallback = asksClients ? (_, certificate, chain, errors) => IsAccepted(connection, trust, certificate, chain, errors) : null,
        };
    }

    private bool IsAccepted(ConnectionContext connection, TrustHolder trust, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var fault = ClientCertificateCheck.FindFault(_options, certificate as X509Certificate2, certificate is null ? null : chain, errors, out trust.Found);
        if (fault is null) return true;
        connection.Features.Set<IHandshakeFaultFeature>(new HandshakeFault(fault, certificate is null ? TlsFailureCause.ClientCertificateMissing : TlsFailureCause.ClientCertificateRefused));
        return false;
    }

    /// <summary>What the check of a client's certificate found; empty without one.</summary>
    private sealed class TrustHolder
    {
        public ClientTrust? Found;
    }

    private sealed class CloseNotify(SslStream stream) : ITransportShutdownFeature
    {
        public async ValueTask ShutdownSendAsync()
        {
            try
            {
                await stream.ShutdownAsync();
            }
            catch (Exception e) when (e is CryptographicException or AuthenticationException)
            {
                // The peer has sent bytes that are no TLS record: the TLS library refuses to write on this connection.
                throw new IOException($"No TLS close_notify can be sent: {e.Message}", e);
            }
        }
    }
}
