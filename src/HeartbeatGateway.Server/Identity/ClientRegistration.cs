namespace HeartbeatGateway.Server.Identity;

/// <summary>What became of a hello in <see cref="ClientDirectory.Enter"/>.</summary>
/// <param name="Session">The new session; null when the newcomer is a ghost: a later attempt of the same instance is here already.</param>
/// <param name="Replaced">The connection that was taken over from; null when there was none.</param>
/// <param name="Reconnected">The identity was here before.</param>
/// <param name="Resumed">The session that the client had is still known, and goes on.</param>
/// <param name="Gap">Time units from the earlier connection's last byte to the newcomer's first frame; null when that is not known.</param>
internal readonly record struct ClientRegistration(ClientSession? Session, GatewayConnection? Replaced, bool Reconnected, bool Resumed, long? Gap);
