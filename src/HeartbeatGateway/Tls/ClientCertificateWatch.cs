using System.Collections.Concurrent;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Tls;

/// <summary>
/// Ends open connections whose client certificate has expired, or whose authority was withdrawn from <c>Gateway:Tls:ClientAuthorityFile</c>:
/// as <c>tls_failed</c>, which lets the client come back, later, with another certificate.
/// </summary>
internal sealed class ClientCertificateWatch : IDisposable
{
    /// <summary>How often certificates are checked for their expiry, and the authorities for a change.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<ConnectionId, (ClientTrust Trust, ConnectionContext Connection)> _clients = new();
    private readonly CertificateStore _certificates;
    private readonly Func<ConnectionId, bool> _close;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly ITimer? _timer;

    /// <param name="options">Whether to watch.</param>
    /// <param name="certificates">The authorities in force.</param>
    /// <param name="engine">Ends connections.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Told how many were ended.</param>
    public ClientCertificateWatch(ServiceOptions options, CertificateStore certificates, GatewayEngine engine, TimeProvider timeProvider, ILogger<ClientCertificateWatch> logger)
        : this(options.Tls, certificates, id => engine.Close(id, CloseReason.TlsFailed, retry: true), timeProvider, logger)
    {
    }

    internal ClientCertificateWatch(TlsOptions options, CertificateStore certificates, Func<ConnectionId, bool> close, TimeProvider timeProvider, ILogger logger)
    {
        (_certificates, _close, _timeProvider, _logger) = (certificates, close, timeProvider, logger);
        if (options.RecheckClients && options.ClientCertificates != ClientCertificateDemand.None) _timer = timeProvider.CreateTimer(static state => ((ClientCertificateWatch)state!).Check(), this, Interval, Interval);
    }

    /// <summary>Clients that are watched.</summary>
    public int Count => _clients.Count;

    /// <summary>From now on the connection is ended when its certificate is not acceptable any more.</summary>
    public void Add(ConnectionId id, ClientTrust trust, ConnectionContext connection)
    {
        if (_timer is not null) _clients[id] = (trust, connection);
    }

    /// <summary>The connection has ended.</summary>
    public void Remove(ConnectionId id) => _clients.TryRemove(id, out _);

    public void Dispose() => _timer?.Dispose();

    private void Check()
    {
        var now = _timeProvider.GetUtcNow();
        var authorities = _certificates.Current.AuthorityIds;
        var (expired, withdrawn) = (0, 0);
        foreach (var (id, (trust, connection)) in _clients)
        {
            var hasExpired = now >= trust.ExpiresAt;
            if (!hasExpired && trust.RestsOn(authorities)) continue;
            _clients.TryRemove(id, out _);
            connection.Features.Set<IHandshakeFaultFeature>(new HandshakeFault(
                hasExpired ? $"its client certificate expired at {trust.ExpiresAt:u}" : "the authority of its client certificate is no longer in Gateway:Tls:ClientAuthorityFile", TlsFailureCause.ClientCertificateEnded));
            if (!_close(id)) continue;
            if (hasExpired) expired++;
            else withdrawn++;
        }

        if (expired + withdrawn > 0) _logger.ClientCertificatesEnded(expired, withdrawn);
    }
}
