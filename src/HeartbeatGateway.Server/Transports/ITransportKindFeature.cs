namespace HeartbeatGateway.Server.Transports;

/// <summary>Set by a listener on its connections, before they are admitted. Without it a connection is one of <see cref="TransportKind.Tcp"/>.</summary>
public interface ITransportKindFeature
{
    /// <summary>What the connection came in by.</summary>
    TransportKind Kind { get; }
}
