namespace HeartbeatGateway.Server;

/// <summary>Names a connection within this process, for the engine's API and for logs. Never used twice.</summary>
/// <param name="Slot">Its place in the connection table.</param>
/// <param name="Sequence">Which connection of this process it is, counted from 1.</param>
public readonly record struct ConnectionId(int Slot, uint Sequence)
{
    /// <summary>The sequence number, as logs show it.</summary>
    public override string ToString() => $"{Sequence}";
}
