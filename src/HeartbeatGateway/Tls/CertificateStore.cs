using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Tls;

/// <summary>
/// The certificates in force. The files are looked at every few seconds, since mounted ones change behind symbolic links that no
/// file-system event tells of; new handshakes use what is new, and files that cannot be used change nothing.
/// </summary>
internal sealed class CertificateStore : IDisposable
{
    /// <summary>How often the files are looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly TlsOptions _options;
    private readonly ILogger<CertificateStore> _logger;
    private readonly ITimer _timer;
    private TlsFiles _current;
    private string? _lastError;

    /// <exception cref="GatewayOptionsException">The files cannot be used.</exception>
    public CertificateStore(ServiceOptions options, TimeProvider timeProvider, ILogger<CertificateStore> logger)
    {
        _options = options.Tls;
        _logger = logger;
        _current = TlsFiles.Load(_options);
        _timer = timeProvider.CreateTimer(static state => ((CertificateStore)state!).Look(), this, Interval, Interval);
    }

    public TlsFiles Current => Volatile.Read(ref _current);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        try
        {
            var files = TlsFiles.Load(_options, Current);
            _lastError = null;
            if (ReferenceEquals(files, Current)) return;
            Volatile.Write(ref _current, files);
            _logger.CertificatesReloaded(files.ExpiresAt);
        }
        catch (Exception e)
        {
            // Certificate and key are seldom written in one step: told when it changes, and looked at again.
            if (e.Message == _lastError) return;
            _lastError = e.Message;
            _logger.CertificatesRefused(e.Message);
        }
    }
}
