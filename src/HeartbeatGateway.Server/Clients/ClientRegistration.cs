namespace HeartbeatGateway.Server.Clients;

/// <summary>The result of <see cref="ClientDirectory.Enter"/>.</summary>
/// <param name="Session">The new session; null when the connection is a ghost: a later attempt of the same instance is connected already.</param>
/// <param name="Replaced">The connection that was replaced; null when there was none.</param>
/// <param name="Reconnected">The client was connected before.</param>
/// <param name="Resumed">The client's session is still known and continues.</param>
/// <param name="Gap">Time units from the earlier connection's last byte to the first frame of the new one; null when that is not known.</param>
internal readonly record struct ClientRegistration(ClientSession? Session, IClientConnection? Replaced, bool Reconnected, bool Resumed, long? Gap);
