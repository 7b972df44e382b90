using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Client.Transport;

namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>
/// Resolves all endpoints for an attempt and returns their addresses in random order, so that a fleet spreads over them. The address that answered
/// last is tried first: after a network fault, a client does not run into an unreachable address again.
/// </summary>
internal sealed class AddressBook(GatewayClientOptions options, TimeProvider timeProvider, ITransportFactory transports, Random random)
{
    private GatewayAddress? _good;

    /// <summary>The gateway at this address has answered: it is tried first the next time.</summary>
    public void Remember(GatewayAddress address) => _good = address;

    /// <summary>The remembered address failed, or its gateway closes its connections: the next order is random again.</summary>
    public void Forget() => _good = null;

    /// <exception cref="TransportException">No address was found; the message states why.</exception>
    public async Task<GatewayAddress[]> LookUpAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, timeProvider);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var lookUps = await Task.WhenAll(options.Endpoints.Select(endpoint => LookUpAsync(endpoint, limited.Token))).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();

        var addresses = lookUps.SelectMany(l => l.Addresses).Distinct().Where(IsReachable).ToArray();
        if (addresses.Length == 0)
        {
            var faults = string.Concat(lookUps.Where(l => l.Fault is not null).Select(l => " " + l.Fault));
            var family = options.LocalAddress is { } local ? $" Only addresses of the same family as LocalAddress, {local}, are used." : "";
            throw new TransportException(DisconnectKind.ConnectFailed, $"No address of a gateway was found.{faults}{family}");
        }

        random.Shuffle(addresses);
        if (_good is { } good && Array.IndexOf(addresses, good) is > 0 and var index) (addresses[0], addresses[index]) = (addresses[index], addresses[0]);
        return addresses;
    }

    private bool IsReachable(GatewayAddress address) =>
        options.LocalAddress is not { } local || address.EndPoint.AddressFamily == local.AddressFamily;

    private async Task<(GatewayAddress[] Addresses, string? Fault)> LookUpAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        if (endpoint is IPEndPoint ip) return ([new GatewayAddress(ip, ip.Address.ToString())], null);
        var name = (DnsEndPoint)endpoint;
        try
        {
            var addresses = await transports.ResolveAsync(name.Host, cancellationToken).ConfigureAwait(false);
            var fault = addresses.Length == 0 ? $"'{name.Host}' has no address." : null;
            return ([.. addresses.Select(a => new GatewayAddress(new IPEndPoint(a, name.Port), name.Host))], fault);
        }
        catch (OperationCanceledException)
        {
            return ([], $"'{name.Host}' was not resolved within {options.ConnectTimeout.TotalSeconds:0.###} s.");
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return ([], $"'{name.Host}' could not be resolved: {e.Message}.");
        }
    }
}
