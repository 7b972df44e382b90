using System.Globalization;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Shared.Descriptors;

namespace HeartbeatGateway.Server;

/// <summary>
/// The limits that options have on this machine: of connections, memory and accepted connections.
/// </summary>
public sealed class EffectiveLimits
{
    /// <summary>Memory of an idle client in bytes, half of it in the kernel (docs/operations.md, Sizing).</summary>
    private const long BytesPerClient = 12_000;

    /// <summary>Memory of the process without clients, in bytes (docs/operations.md, Sizing).</summary>
    private const long BytesOfProcess = 150L * Mebibyte;

    /// <summary>File descriptors of the process without clients, and those that no client may take.</summary>
    private const int DescriptorsOfProcess = 512;

    /// <summary>Files that a start opens after it has read the settings, mostly libraries of the runtime; measured as 88.</summary>
    private const int OpenedByStart = 88;

    private const long Mebibyte = 1024 * 1024;

    private readonly AdmissionOptions _admission;

    private EffectiveLimits(AdmissionOptions admission, int mostConnections, int defaultMaxConnections)
    {
        _admission = admission;
        OpenFiles = FileDescriptors.ReadLimit();
        MostConnections = mostConnections;
        var reportOnly = admission.Observe.Aggregate(LimitKind.None, static (limits, name) => limits | LimitNames.Of(name));
        var wished = reportOnly.Has(LimitKind.Total) ? 0 : admission.MaxConnections ?? defaultMaxConnections;
        Connections = wished == 0 ? MostConnections : MostConnections == 0 ? wished : Math.Min(wished, MostConnections);
        var memory = reportOnly.Has(LimitKind.Memory) ? default : MemoryLimits.From(admission);
        (HeapBytes, ResidentBytes) = (memory.Heap, memory.Resident);
        AcceptsPerSecond = reportOnly.Has(LimitKind.Rate) ? 0 : admission.AcceptsPerSecond;
    }

    /// <summary>The limit on open files of this process; null where the system does not report it.</summary>
    public int? OpenFiles { get; }

    /// <summary>The most open connections, as enforced; 0 without a limit.</summary>
    public int Connections { get; }

    /// <summary>The most connections that the limit on open files allows, whatever is configured; 0 where it is unknown.</summary>
    public int MostConnections { get; }

    /// <summary>The enforced limit of the managed heap in bytes; 0 without a limit.</summary>
    public long HeapBytes { get; }

    /// <summary>The enforced limit of the resident memory in bytes; 0 without a limit.</summary>
    public long ResidentBytes { get; }

    /// <summary>Connections accepted per second; 0 without a limit.</summary>
    public int AcceptsPerSecond { get; }

    /// <summary>The limits of these options in this process. Read it after the endpoints are bound: the free file descriptors are counted once.</summary>
    /// <param name="options">Valid options.</param>
    /// <returns>The limits.</returns>
    public static EffectiveLimits Of(GatewayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new EffectiveLimits(options.Admission, ProcessLimits.MostConnections, ProcessLimits.DefaultMaxConnections);
    }

    /// <summary>About the limits that a gateway with these options would have, which was not started.</summary>
    /// <param name="options">Valid options.</param>
    /// <returns>The limits; the number of connections that open files allow is an estimate.</returns>
    public static EffectiveLimits Estimate(GatewayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var most = FileDescriptors.ReadFree() is { } free ? ProcessLimits.MostOf(free - OpenedByStart) : 0;
        return new EffectiveLimits(options.Admission, most, FileDescriptors.ReadLimit() is { } limit ? ProcessLimits.DefaultOf(most, limit) : 0);
    }

    /// <summary>Configured limits that this machine does not allow to reach.</summary>
    /// <returns>One sentence for each, which starts with its key.</returns>
    public IEnumerable<string> FindUnreachable()
    {
        if (_admission.MaxConnections is { } wished and > 0)
        {
            if (MostConnections > 0 && wished > MostConnections)
            {
                yield return Text($"Gateway:Admission:MaxConnections is {wished}, but the limit of {OpenFiles} open files allows {MostConnections} connections at most: raise that limit to {(long)wished + DescriptorsOfProcess} or more (ulimit -n, LimitNOFILE of systemd, ulimits of compose).");
            }

            var fitting = Math.Max(0, (ProcessMemory.MaxBytes - BytesOfProcess) / BytesPerClient);
            if (wished > fitting)
            {
                yield return Text($"Gateway:Admission:MaxConnections is {wished}, but the memory of {ProcessMemory.MaxBytes / Mebibyte} MiB is enough for about {fitting} idle clients.");
            }
        }

        if (_admission.MaxHeapBytes > ProcessMemory.MaxHeapBytes)
        {
            yield return Text($"Gateway:Admission:MaxHeapBytes is {_admission.MaxHeapBytes}, but the runtime allows a heap of {ProcessMemory.MaxHeapBytes} bytes at most, so the heap does not reach this limit.");
        }
    }

    /// <summary>All limits in one phrase for a log line.</summary>
    /// <returns>The phrase.</returns>
    public override string ToString()
    {
        var connections = Connections > 0 ? Text($"{Connections} connections") : "no limit on connections";
        var files = OpenFiles is { } limit ? Text($" ({limit} open files allow {MostConnections})") : "";
        var heap = HeapBytes > 0 ? Text($"heap {Mebibytes(HeapBytes)} of {Mebibytes(ProcessMemory.MaxHeapBytes)}") : Text($"no heap limit below the runtime's {Mebibytes(ProcessMemory.MaxHeapBytes)}");
        var resident = ResidentBytes > 0 ? Text($"resident memory {Mebibytes(ResidentBytes)} of {Mebibytes(ProcessMemory.MaxBytes)}") : "no limit on resident memory";
        var rate = AcceptsPerSecond > 0 ? Text($"{AcceptsPerSecond} accepted connections a second") : "no limit on accepted connections a second";
        return $"{connections}{files}, {heap}, {resident}, {rate}";
    }

    private static string Mebibytes(long bytes) => Text($"{bytes / Mebibyte} MiB");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
