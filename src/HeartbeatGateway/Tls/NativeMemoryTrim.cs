using System.Runtime.InteropServices;

namespace HeartbeatGateway.Tls;

/// <summary>
/// Returns memory of the TLS library to the system after a burst of connections. The C library keeps freed memory for later allocations: after
/// 2,000 clients some 100 MiB, which count against the limit on resident memory.
/// </summary>
internal sealed class NativeMemoryTrim(TimeProvider timeProvider, Action trim) : IDisposable
{
    /// <summary>The smallest number of ended connections that is worth a trim: some 25 MiB.</summary>
    public const int Worthwhile = 500;

    /// <summary>A burst is over when fewer than a tenth of <see cref="Worthwhile"/> connections ended in this time.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    /// <summary>A trim waits at most for so many intervals of <see cref="Quiet"/>: connections may end without pause.</summary>
    public const int MaxWaits = 12;

    private readonly Lock _lock = new();
    private long _ended;
    private long _trimmedAt;
    private long _lastEnded;
    private int _waits;
    private ITimer? _timer;

    /// <summary>For this process: the trim of the GNU C library; nothing where another library allocates.</summary>
    public static NativeMemoryTrim OfProcess(TimeProvider timeProvider) => new(timeProvider, TrimIfGnu);

    /// <summary>To be called for each connection whose TLS has ended.</summary>
    public void ConnectionEnded()
    {
        if (Interlocked.Increment(ref _ended) - Volatile.Read(ref _trimmedAt) < Worthwhile) return;
        lock (_lock)
        {
            if (_timer is not null) return;
            (_lastEnded, _waits) = (Volatile.Read(ref _ended), 0);
            _timer = timeProvider.CreateTimer(static state => ((NativeMemoryTrim)state!).Look(), this, Quiet, Quiet);
        }
    }

    public void Dispose()
    {
        lock (_lock) _timer?.Dispose();
    }

    private void Look()
    {
        lock (_lock)
        {
            var ended = Volatile.Read(ref _ended);
            var isBusy = ended - _lastEnded >= Worthwhile / 10;
            _lastEnded = ended;
            if (isBusy && ++_waits < MaxWaits) return;
            _timer?.Dispose();
            _timer = null;
            Volatile.Write(ref _trimmedAt, ended);
        }

        trim();
    }

    private static void TrimIfGnu()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, such as musl, which returns freed memory by itself.
        }
    }

    /// <summary>malloc_trim(3).</summary>
    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MallocTrim(nuint pad);
}
