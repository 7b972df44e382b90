namespace HeartbeatGateway.Benchmarks.Running;

/// <summary>What an operation may allocate, in bytes. A run that measures more fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AllocatesAttribute(int bytes) : Attribute
{
    /// <summary>In bytes for each operation; a fraction of a byte, of work that is done once for many operations, counts as none.</summary>
    public int Bytes { get; } = bytes;
}
