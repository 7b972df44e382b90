namespace HeartbeatGateway.Cli.Proxy;

/// <summary>What passed in one direction of a connection.</summary>
/// <param name="Bytes">All bytes that were forwarded.</param>
/// <param name="Frames">Complete frames.</param>
/// <param name="NotValid">Frames that are not valid, and sequences of stray bytes.</param>
internal readonly record struct ProxyTraffic(long Bytes, long Frames, long NotValid);
