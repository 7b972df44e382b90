namespace HeartbeatGateway.Cli.Proxy;

/// <summary>The direction of bytes through the proxy.</summary>
internal enum ProxyDirection
{
    /// <summary>From the device to the gateway.</summary>
    ToGateway,

    /// <summary>From the gateway to the device.</summary>
    ToClient,
}
