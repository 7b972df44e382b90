namespace HeartbeatGateway.Server.Options;

/// <summary>Whether connections from trusted networks must begin with a PROXY header.</summary>
public enum ProxyHeaderDemand
{
    /// <summary>A connection without a header ends as <c>proxy_invalid</c>.</summary>
    Required,

    /// <summary>
    /// A connection without a header is a client with the address of its peer. For the time in which proxies begin to send headers: a proxy that sends
    /// none passes on the header that a client makes up, and the gateway believes it.
    /// </summary>
    Optional,
}
