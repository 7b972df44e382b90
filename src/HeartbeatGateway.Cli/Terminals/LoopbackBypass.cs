using System.Net;

namespace HeartbeatGateway.Cli.Terminals;

/// <summary>
/// The proxy settings of the environment (<c>http_proxy</c>, <c>https_proxy</c>, <c>all_proxy</c>, <c>no_proxy</c>), except for this
/// machine: another machine's proxy cannot reach this machine's loopback addresses.
/// </summary>
internal sealed class LoopbackBypass(IWebProxy proxy) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => proxy.Credentials;
        set => proxy.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => IsThisMachine(destination) ? null : proxy.GetProxy(destination);

    public bool IsBypassed(Uri host) => IsThisMachine(host) || proxy.IsBypassed(host);

    /// <summary>True for loopback addresses, <c>localhost</c> and names below it (RFC 6761, section 6.3), and the unspecified addresses.</summary>
    public static bool IsThisMachine(Uri uri)
    {
        var host = uri.IdnHost.TrimEnd('.');
        if (IPAddress.TryParse(host, out var address)) return IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }
}
