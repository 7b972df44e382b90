using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Client.Transport;

namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>Finds what to try: all addresses of all endpoints, resolved anew, in random order, so that a fleet spreads over them.</summary>
internal sealed class AddressBook(GatewayClientOptions options, TimeProvider timeProvider, ITransportFactory transports, Random random)
{
    /// <exception cref="TransportException">No address was found; the message says why.</exception>
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
            var family = options.LocalAddress is { } local ? $" Only addresses of the family of LocalAddress, {local}, count." : "";
            throw new TransportException(DisconnectKind.ConnectFailed, $"No address of a gateway was found.{faults}{family}");
        }

        random.Shuffle(addresses);
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
            return ([.. addresses.Select(a => new GatewayAddress(new IPEndPoint(a, name.Port), name.Host))], addresses.Length == 0 ? $"'{name.Host}' has no address." : null);
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
