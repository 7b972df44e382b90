namespace HeartbeatGateway.Server.Delivery;

/// <summary>The number of numbered messages of all clients that sinks have not settled. Thread-safe.</summary>
internal sealed class UnsettledCount
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public void Add(int messages) => Interlocked.Add(ref _value, messages);
}
