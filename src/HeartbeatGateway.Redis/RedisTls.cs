using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis;

/// <summary>TLS to Redis: which certificates are accepted, and what is said of others.</summary>
/// <param name="options">The authorities and the client certificate.</param>
/// <param name="refused">Gets the host and what is wrong with its certificate.</param>
internal sealed class RedisTls(RedisOptions options, Action<string, string> refused)
{
    /// <summary>Applies to connections with <c>ssl=true</c>.</summary>
    public void Apply(ConfigurationOptions configuration)
    {
        if (configuration.Ssl) configuration.SslClientAuthenticationOptions = host => For(host, configuration);
    }

    /// <summary>What is wrong with a certificate and what to do.</summary>
    /// <param name="host">The host that was connected to.</param>
    /// <param name="certificate">Its certificate; null for none.</param>
    /// <param name="chain">The chain that was built.</param>
    /// <param name="errors">What was found.</param>
    internal string Describe(string host, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null) return "it has none";
        var faults = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            faults.Add($"it is for {NamesOf(certificate)}. Name the server so in the configuration, or add sslHost=NAME with a name of the certificate instead of '{host}'");
        }

        X509ChainStatusFlags status = default;
        foreach (var found in chain?.ChainStatus ?? []) status |= found.Status;
        // The signature is wrong where an authority of the same name has another key.
        const X509ChainStatusFlags Untrusted = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid;
        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid)) faults.Add($"it, or its authority, is out of date; it is valid from {certificate.NotBefore:u} to {certificate.NotAfter:u}");
        if ((status & Untrusted) != X509ChainStatusFlags.NoError)
        {
            faults.Add(options.TrustedRoots is null
                ? $"its issuer '{certificate.Issuer}' is no authority of this system. Put the certificate of a private authority into Gateway:Redis:TrustedRootsFile"
                : $"its issuer '{certificate.Issuer}' is no authority of Gateway:Redis:TrustedRootsFile");
        }

        if (faults.Count == 0) faults.Add($"{status}, {errors}");
        return string.Join("; ", faults);
    }

    private static string NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString()))).ToList();
        return names.Count > 0 ? string.Join(", ", names.Take(8)) : $"'{certificate.Subject}' without alternative names";
    }

    private SslClientAuthenticationOptions For(string host, ConfigurationOptions configuration) => new()
    {
        TargetHost = host,
        EnabledSslProtocols = configuration.SslProtocols ?? SslProtocols.None,
        CertificateRevocationCheckMode = configuration.CheckCertificateRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
        CertificateChainPolicy = options.TrustedRoots is { } roots ? PolicyOf(roots) : null,
        ClientCertificateContext = options.ClientCertificate,
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            if (errors == SslPolicyErrors.None) return true;
            refused(host, Describe(host, certificate as X509Certificate2, chain, errors));
            return false;
        },
    };

    /// <summary>Private authorities rarely publish revocations, and a gateway must be able to connect when their server is away.</summary>
    private static X509ChainPolicy PolicyOf(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }
}
