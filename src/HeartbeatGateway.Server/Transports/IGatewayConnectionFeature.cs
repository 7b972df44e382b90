using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Transports;

/// <summary>Set by the engine on an admitted connection that has a layer, such as TLS, between transport and read loop.</summary>
public interface IGatewayConnectionFeature
{
    /// <summary>The id under which the engine knows the connection.</summary>
    ConnectionId Id { get; }

    /// <summary>Why the connection was closed; <see cref="CloseReason.None"/> while it is open.</summary>
    CloseReason Reason { get; }
}
