using HeartbeatGateway.Server.Options;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HeartbeatGateway.Configuration;

/// <summary>
/// Limits on the operators' HTTP connections. Read once, at the start. The endpoints themselves are set by ASPNETCORE_URLS or ASPNETCORE_HTTP_PORTS.
/// </summary>
internal sealed class HttpOptions
{
    private static readonly TimeSpan LeastTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostTimeout = TimeSpan.FromDays(1);

    /// <summary>
    /// Open HTTP connections of one address or IPv6 /64 network; 0 = no limit. Default 16: a scraper needs one or two. Addresses of this machine have no
    /// such limit, since unrelated programs share them.
    /// </summary>
    [Displayable]
    public int MaxConnectionsPerAddress { get; set; } = 16;

    /// <summary>How long the headers of a request may take to arrive. Default 5 s: clients send them at once.</summary>
    [Displayable]
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may wait for its first or next request. Default 20 s, above the usual scrape interval of 15 s.</summary>
    [Displayable]
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>What is wrong with the values; each sentence starts with the wrong key.</summary>
    public IEnumerable<string> FindFaults()
    {
        if (MaxConnectionsPerAddress < 0) yield return $"Gateway:Http:MaxConnectionsPerAddress is {MaxConnectionsPerAddress}, but must be 0 (no limit) or more.";
        if (IsOutOfRange(RequestHeadersTimeout)) yield return $"Gateway:Http:RequestHeadersTimeout is {RequestHeadersTimeout}, but must be between {LeastTimeout} and {MostTimeout}.";
        if (IsOutOfRange(KeepAliveTimeout)) yield return $"Gateway:Http:KeepAliveTimeout is {KeepAliveTimeout}, but must be between {LeastTimeout} and {MostTimeout}.";
    }

    /// <summary>Sets the server's limits.</summary>
    public void Apply(KestrelServerLimits limits)
    {
        limits.RequestHeadersTimeout = RequestHeadersTimeout;
        limits.KeepAliveTimeout = KeepAliveTimeout;
        // A page of /metrics has some 60 KiB, and scrapers wait 10 s for it. At the server's default of 240 bytes a second, one that is not read would
        // keep its connection for minutes.
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 8 * 1024, gracePeriod: TimeSpan.FromSeconds(5));
    }

    private static bool IsOutOfRange(TimeSpan value) => value < LeastTimeout || value > MostTimeout;
}
