namespace HeartbeatGateway.Server.Options;

/// <summary>Proxies in front of the gateway that tell by a PROXY header (version 1 or 2) whom they speak for.</summary>
public sealed class ProxyOptions
{
    /// <summary>
    /// Networks of such proxies, as <c>10.0.0.0/8</c> or <c>2001:db8::/32</c>. Connections from there must begin with a header; a header from anywhere
    /// else ends the connection. Default: none.
    /// </summary>
    public IList<string> TrustedNetworks { get; set; } = [];
}
