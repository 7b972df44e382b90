namespace HeartbeatGateway.Server.Options;

/// <summary>Proxies in front of the gateway that send the client's address in a PROXY header (version 1 or 2).</summary>
public sealed class ProxyOptions
{
    /// <summary>
    /// Networks of such proxies, as <c>10.0.0.0/8</c> or <c>2001:db8::/32</c>. A connection from these networks must begin with a header, see
    /// <see cref="Header"/>. A header from another network closes the connection. Default: none.
    /// </summary>
    [Displayable]
    public IList<string> TrustedNetworks { get; set; } = [];

    /// <summary>Whether connections from the trusted networks must begin with a header. Default Required.</summary>
    [Displayable]
    public ProxyHeaderDemand Header { get; set; } = ProxyHeaderDemand.Required;
}
