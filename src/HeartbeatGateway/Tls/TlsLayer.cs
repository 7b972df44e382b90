using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace HeartbeatGateway.Tls;

/// <summary>TLS for clients: Kestrel's own, with the certificates and demands of the options.</summary>
internal static class TlsLayer
{
    public static void Use(ListenOptions endpoint, TlsOptions options, CertificateStore certificates, HandshakeGate handshakes)
    {
        endpoint.Use(next => connection => handshakes.EnterAsync(connection, next));
        endpoint.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = context => ValueTask.FromResult(Negotiate(context, options, certificates.Current)),
            // Never: the gateway's own handshake timeout runs since the connection was accepted, and names its end.
            HandshakeTimeout = TimeSpan.FromDays(1),
        });
        endpoint.Use(next => connection =>
        {
            handshakes.Leave(connection);
            if (connection.Features.Get<ISslStreamFeature>() is { } tls) connection.Features.Set<ITransportShutdownFeature>(new Goodbye(tls.SslStream));
            return next(connection);
        });
    }

    private static SslServerAuthenticationOptions Negotiate(TlsHandshakeCallbackContext context, TlsOptions options, TlsFiles files)
    {
        var connection = context.Connection;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = files.Certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            // Empty and not null, for which Kestrel would fill in HTTP's: any list of a client's is accepted, and none of it chosen.
            ApplicationProtocols = [],
            AllowRenegotiation = false,
            ClientCertificateRequired = options.ClientCertificates != ClientCertificateDemand.None,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = options.ClientCertificates == ClientCertificateDemand.None ? null : ClientCertificateCheck.Policy(files.Authorities),
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                if (options.ClientCertificates == ClientCertificateDemand.None) return true;
                var fault = ClientCertificateCheck.FindFault(options, certificate as X509Certificate2, chain, errors);
                if (fault is not null) connection.Features.Set<IHandshakeFaultFeature>(new HandshakeFault(fault));
                return fault is null;
            },
        };
    }

    private sealed class Goodbye(SslStream stream) : ITransportShutdownFeature
    {
        public ValueTask ShutdownSendAsync() => new(stream.ShutdownAsync());
    }
}
