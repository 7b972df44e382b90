using System.Net;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Webhook;

/// <summary>Makes the HTTP client of the webhook.</summary>
internal static class WebhookHandlers
{
    /// <summary>A connection is replaced after this time, so that a changed DNS record or load balancer takes effect.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    public static HttpMessageHandler Create(WebhookOptions options, WebhookFiles files)
    {
        var handler = new SocketsHttpHandler
        {
            PooledConnectionLifetime = ConnectionLifetime,
            ConnectTimeout = options.Timeout,
            // A redirect could lead the content, and with a changed method nothing, to any address.
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = options.UseEnvironmentProxy,
            AutomaticDecompression = DecompressionMethods.None,
            // The body of an answer has no meaning: the handler reads this much of it to keep the connection, and closes the connection otherwise.
            MaxResponseDrainSize = options.MaxResponseBytes,
            ResponseDrainTimeout = DrainTimeout,
            // Trace headers of the gateway are not for the receiver.
            ActivityHeadersPropagator = null,
        };
        if (files.Certificate is { } certificate) handler.SslOptions.ClientCertificateContext = certificate;
        if (files.Roots is { } roots) handler.SslOptions.CertificateChainPolicy = Policy(roots);
        return handler;
    }

    private static X509ChainPolicy Policy(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(roots);
        policy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1"));
        return policy;
    }
}
