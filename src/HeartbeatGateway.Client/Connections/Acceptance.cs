using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Client.Connections;

/// <summary>The gateway's first answer on a connection.</summary>
/// <param name="Welcome">What it granted; null from a server that does not know hello, or for an anonymous client.</param>
internal readonly record struct Acceptance(WelcomePayload? Welcome);
