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

    /// <summary>How often a warning that stays true is repeated.</summary>
    public static readonly TimeSpan WarningInterval = TimeSpan.FromDays(1);

    private readonly TlsOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<CertificateStore> _logger;
    private readonly ITimer _timer;
    private TlsFiles _current;
    private string? _lastError;
    private HashSet<string> _told;
    private DateTimeOffset _toldAt;

    /// <exception cref="GatewayOptionsException">The files cannot be used, or the gateway's certificate has expired or is not valid yet.</exception>
    public CertificateStore(ServiceOptions options, TimeProvider timeProvider, ILogger<CertificateStore> logger)
    {
        _options = options.Tls;
        _timeProvider = timeProvider;
        _logger = logger;
        _current = TlsFiles.Load(_options);
        _toldAt = timeProvider.GetUtcNow();
        CertificateValidity.ThrowIfUnusable(_options, _current, _toldAt);
        // The start tells them with all of its other warnings.
        _told = [.. CertificateValidity.Warnings(_options, _current, _toldAt)];
        _timer = timeProvider.CreateTimer(static state => ((CertificateStore)state!).Look(), this, Interval, Interval);
    }

    public TlsFiles Current => Volatile.Read(ref _current);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var now = _timeProvider.GetUtcNow();
        try
        {
            var files = TlsFiles.Load(_options, Current);
            if (!ReferenceEquals(files, Current))
            {
                // One that is not valid yet is looked at again, and used from the moment when it is.
                CertificateValidity.ThrowIfUnusable(_options, files, now);
                Volatile.Write(ref _current, files);
                _logger.CertificatesReloaded(files.ExpiresAt);
            }

            _lastError = null;
        }
        catch (Exception e)
        {
            // Certificate and key are seldom written in one step: told when it changes, and looked at again.
            if (e.Message != _lastError) _logger.CertificatesRefused(e.Message);
            _lastError = e.Message;
        }

        Warn(now);
    }

    /// <summary>What has become true since the last time, and once a day what still is.</summary>
    private void Warn(DateTimeOffset now)
    {
        var isDue = now - _toldAt >= WarningInterval;
        HashSet<string> warnings = [.. CertificateValidity.Warnings(_options, Current, now)];
        foreach (var warning in warnings.Where(w => isDue || !_told.Contains(w))) _logger.CertificateWarning(warning);
        _told = warnings;
        if (isDue) _toldAt = now;
    }
}
