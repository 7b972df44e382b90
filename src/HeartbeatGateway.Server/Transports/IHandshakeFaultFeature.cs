namespace HeartbeatGateway.Server.Transports;

/// <summary>Set by a TLS layer to report why it rejected a peer.</summary>
public interface IHandshakeFaultFeature
{
    /// <summary>What is wrong, for the log. Text from the peer in it is escaped. Null while nothing is wrong.</summary>
    string? Fault { get; }
}
