namespace HeartbeatGateway.Server.Transports;

/// <summary>Set by a TLS layer that refuses a peer and knows why.</summary>
public interface IHandshakeFaultFeature
{
    /// <summary>What is wrong, for the log; no text of the peer's that is not escaped. Null while nothing is.</summary>
    string? Fault { get; }
}
