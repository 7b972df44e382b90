using System.Net;
using HeartbeatGateway.Client.Reconnecting;

namespace HeartbeatGateway.Client.Connecting;

/// <summary>The addresses of one attempt: all of all endpoints, resolved anew, in random order, so that a fleet spreads over them.</summary>
internal sealed class Dialer(GatewayClientOptions options, ILinkFactory links, TimeProvider timeProvider, IRandom random)
{
    /// <summary>Finds the addresses to try.</summary>
    /// <exception cref="LinkException">There are none; the message says why.</exception>
    public async Task<IReadOnlyList<(IPEndPoint Address, string Host)>> ResolveAsync(CancellationToken cancellationToken)
    {
        var found = new List<(IPEndPoint Address, string Host)>();
        LinkException? failure = null;
        foreach (var endpoint in options.Endpoints)
        {
            try
            {
                var addresses = await WithinAsync(token => links.ResolveAsync(endpoint, token), "no name server answered", cancellationToken).ConfigureAwait(false);
                found.AddRange(addresses.Select(a => (a, endpoint is DnsEndPoint dns ? dns.Host : a.Address.ToString())));
            }
            catch (LinkException e)
            {
                // The other endpoints may do; told when none does.
                failure = e;
            }
        }

        if (found.Count == 0) throw failure ?? new LinkException(GatewayClientEndKind.ConnectFailed, $"no endpoint has an address that can be reached from {options.LocalAddress}", null);
        random.Shuffle(found);
        return found;
    }

    /// <summary>Connects to one address within the connect timeout.</summary>
    /// <exception cref="LinkException">It cannot be reached; the message says why.</exception>
    public Task<Link> ConnectAsync(IPEndPoint address, string host, CancellationToken cancellationToken) =>
        WithinAsync(token => links.ConnectAsync(address, host, token), $"{address} did not answer", cancellationToken);

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> step, string complaint, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await step(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LinkException(GatewayClientEndKind.ConnectFailed, $"{complaint} within {options.ConnectTimeout.TotalSeconds:0.###} s", e);
        }
    }
}
