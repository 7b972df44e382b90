using System.Diagnostics.Metrics;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Tls;

/// <summary>What the service counts of TLS. All series exist from the start; without TLS they stay 0.</summary>
internal sealed class TlsMetrics
{
    private static readonly TlsFailureCause[] Causes = Enum.GetValues<TlsFailureCause>();

    private readonly long[] _failures = new long[Causes.Length];

    /// <param name="options">Whether TLS is on.</param>
    /// <param name="meterFactory">Makes the meter.</param>
    /// <param name="certificates">The certificate in force; asked for only when TLS is on.</param>
    public TlsMetrics(ServiceOptions options, IMeterFactory meterFactory, Func<CertificateStore> certificates)
    {
        var meter = meterFactory.Create(ServiceMetrics.MeterName);
        meter.CreateObservableCounter("heartbeatgateway.tls.failures", ReadFailures, null, "Connections that TLS ended, by cause.");
        meter.CreateObservableGauge("heartbeatgateway.tls.certificate.expiry.timestamp", () => Seconds(f => f.ExpiresAt), "s", "When the gateway's certificate in force expires, in Unix time; 0 without TLS.");
        meter.CreateObservableGauge("heartbeatgateway.tls.certificate.start.timestamp", () => Seconds(f => f.ValidFrom), "s", "From when the gateway's certificate in force is valid, in Unix time; 0 without TLS.");

        long Seconds(Func<TlsFiles, DateTimeOffset> read) => options.Tls.IsOn() ? read(certificates().Current).ToUnixTimeSeconds() : 0;
    }

    public void Failed(TlsFailureCause cause) => Interlocked.Increment(ref _failures[(int)cause]);

    /// <summary>The value of the label <c>cause</c>.</summary>
    public static string NameOf(TlsFailureCause cause) => cause switch
    {
        TlsFailureCause.PlainFrame => "plain_frame",
        TlsFailureCause.Http => "http",
        TlsFailureCause.ProxyHeader => "proxy_header",
        TlsFailureCause.NotTls => "not_tls",
        TlsFailureCause.HelloTooLarge => "hello_too_large",
        TlsFailureCause.Incomplete => "incomplete",
        TlsFailureCause.ProtocolVersion => "protocol_version",
        TlsFailureCause.NoCommonCipher => "no_common_cipher",
        TlsFailureCause.ServerCertificateRejected => "server_certificate_rejected",
        TlsFailureCause.ClientAlert => "client_alert",
        TlsFailureCause.ClientCertificateMissing => "client_certificate_missing",
        TlsFailureCause.ClientCertificateRefused => "client_certificate_refused",
        TlsFailureCause.ClientCertificateEnded => "client_certificate_ended",
        TlsFailureCause.HandshakeSlow => "handshake_slow",
        TlsFailureCause.Flood => "flood",
        TlsFailureCause.Other => "other",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "This cause has no name."),
    };

    private IEnumerable<Measurement<long>> ReadFailures() =>
        Causes.Select(c => new Measurement<long>(Volatile.Read(ref _failures[(int)c]), new KeyValuePair<string, object?>("cause", NameOf(c))));
}
