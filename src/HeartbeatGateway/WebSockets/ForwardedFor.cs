using System.Net;

namespace HeartbeatGateway.WebSockets;

/// <summary>Finds the client in the addresses that proxies have added to X-Forwarded-For.</summary>
internal static class ForwardedFor
{
    /// <summary>
    /// The nearest address that is no trusted proxy: a client can send any addresses itself, and proxies append theirs behind them. An entry that is no
    /// address ends the search.
    /// </summary>
    /// <param name="list">The header's value: addresses, the nearest last, each with or without a port.</param>
    /// <param name="isTrusted">Whether an address is a trusted proxy.</param>
    /// <returns>The client; the farthest trusted proxy when all are trusted; null when no entry can be used.</returns>
    public static IPEndPoint? FindClient(string list, Func<IPAddress, bool> isTrusted)
    {
        IPEndPoint? client = null;
        foreach (var entry in list.Split(',', StringSplitOptions.TrimEntries).Reverse())
        {
            if (!IPEndPoint.TryParse(entry, out var hop)) break;
            client = hop;
            if (!isTrusted(hop.Address)) break;
        }

        return client;
    }
}
