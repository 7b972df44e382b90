using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Context;

/// <summary>Memory limits in bytes; each is off at 0.</summary>
/// <param name="Heap">The limit of the managed heap.</param>
/// <param name="Resident">The limit of the resident memory of the process.</param>
internal readonly record struct MemoryLimits(long Heap, long Resident)
{
    /// <summary>
    /// The default resident limit, in percent, if only the heap has a limit. Above it a container is close to being killed. The rest is for the kernel's
    /// socket memory, some 4 KB per connection, which no process's resident memory includes.
    /// </summary>
    private const int DefaultResidentPercent = 85;

    public bool IsOff => Heap == 0 && Resident == 0;

    public static MemoryLimits From(AdmissionOptions options)
    {
        var share = ProcessMemory.MaxHeapBytes / 100 * options.MaxHeapPercent;
        var heap = share == 0 ? options.MaxHeapBytes : options.MaxHeapBytes == 0 ? share : Math.Min(share, options.MaxHeapBytes);
        var resident = options.MaxResidentPercent ?? (heap > 0 ? DefaultResidentPercent : 0);
        return new MemoryLimits(heap, ProcessMemory.MaxBytes / 100 * resident);
    }

    public bool AreExceeded(long heap, long resident) => (Heap > 0 && heap > Heap) || (Resident > 0 && resident > Resident);
}
