namespace HeartbeatGateway.Server.Clusters;

/// <summary>Another node has changed it meanwhile: read it anew, and decide again.</summary>
/// <param name="message">What has changed.</param>
public sealed class ClusterConflictException(string message) : Exception(message);
