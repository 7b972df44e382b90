namespace HeartbeatGateway.Server.Clusters;

/// <summary>The cluster's directory cannot be reached now. The message says why, without secrets.</summary>
/// <param name="message">Why.</param>
/// <param name="inner">What was thrown; null for nothing.</param>
public sealed class ClusterUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
