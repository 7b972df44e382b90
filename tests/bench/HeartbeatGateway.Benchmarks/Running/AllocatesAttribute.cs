namespace HeartbeatGateway.Benchmarks.Running;

/// <summary>The number of bytes that an operation may allocate. A run that measures more fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AllocatesAttribute(int bytes) : Attribute
{
    /// <summary>Bytes per operation. Work that is done once for many operations may be a fraction of a byte, which counts as 0.</summary>
    public int Bytes { get; } = bytes;
}
