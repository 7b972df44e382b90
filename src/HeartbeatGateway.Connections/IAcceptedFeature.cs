namespace HeartbeatGateway.Connections;

/// <summary>Set by a listener that counts the connections which it has accepted and the engine has not seen yet.</summary>
public interface IAcceptedFeature
{
    /// <summary>The engine counts the connection from now on.</summary>
    void Entered();
}
