using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HeartbeatGateway.Transport;

/// <summary>
/// A reserve of file descriptors, held so that it can be released. The runtime needs two for every thread that it starts, and ends the process when
/// it cannot get them. It starts threads when much work waits, which is when file descriptors run out. So code that finds none free releases the
/// reserve, and the listeners accept no connection until the whole reserve is held again.
/// </summary>
internal sealed class EmergencyDescriptors : IDisposable
{
    /// <summary>Enough for some threads, and for a library or file that one of them opens.</summary>
    public const int Descriptors = 16;

    private const int None = -1;

    private readonly Lock _lock = new();
    private readonly int[] _held = new int[Descriptors];
    private readonly Func<int> _take;
    private readonly Action<int> _giveBack;
    private readonly SafeFileHandle? _original;
    private int _count;
    private bool _isDisposed;

    public EmergencyDescriptors()
    {
        // Windows has no such limit.
        if (OperatingSystem.IsWindows())
        {
            (_take, _giveBack) = (static () => 0, static _ => { });
            return;
        }

        // Copies of one file descriptor: taking one is fast, and the result shows when none is free. An exception would take too long: meanwhile
        // another thread may need the descriptors that are held at that moment.
        _original = File.OpenHandle("/dev/null");
        var original = (int)_original.DangerousGetHandle();
        (_take, _giveBack) = (() => Dup(original), static descriptor => _ = Close(descriptor));
        TryHold();
    }

    /// <param name="take">Takes one file descriptor; returns a negative number when none is free.</param>
    /// <param name="giveBack">Closes one.</param>
    internal EmergencyDescriptors(Func<int> take, Action<int> giveBack)
    {
        (_take, _giveBack) = (take, giveBack);
        TryHold();
    }

    /// <summary>
    /// Holds the whole reserve again, if at least one more file descriptor is free. Without that one, the next accept would fail, and a failing
    /// accept is slow.
    /// </summary>
    /// <returns>False when there are too few; then none is held.</returns>
    public bool TryHold()
    {
        lock (_lock)
        {
            if (_isDisposed || _count == Descriptors) return true;
            while (_count < Descriptors)
            {
                var descriptor = _take();
                if (descriptor <= None)
                {
                    ReleaseAll();
                    return false;
                }

                _held[_count++] = descriptor;
            }

            ReleaseAllIfUsedUp();
            return _count == Descriptors;
        }
    }

    /// <summary>Releases the reserve at once if no other file descriptor is free.</summary>
    public void ReleaseIfUsedUp()
    {
        lock (_lock)
        {
            if (_count > 0) ReleaseAllIfUsedUp();
        }
    }

    /// <summary>Releases the reserve for work that cannot wait.</summary>
    public void Release()
    {
        lock (_lock) ReleaseAll();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            ReleaseAll();
            _original?.Dispose();
        }
    }

    private void ReleaseAllIfUsedUp()
    {
        var descriptor = _take();
        if (descriptor <= None) ReleaseAll();
        else _giveBack(descriptor);
    }

    private void ReleaseAll()
    {
        while (_count > 0) _giveBack(_held[--_count]);
    }

    [DllImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Dup(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
