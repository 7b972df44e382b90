using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HeartbeatGateway.Transport;

/// <summary>
/// A few descriptors that are held so that they can be let go. The runtime needs two for every thread that it starts, and ends the
/// process when it cannot have them; it starts threads when many wait, which is when descriptors run out. So whoever finds that none is
/// left releases these, and nobody accepts until all of them can be held again.
/// </summary>
internal sealed class EmergencyDescriptors : IDisposable
{
    /// <summary>For some threads, and the library or file that one of them opens.</summary>
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

        // Copies of one descriptor: taking them is quick, and tells by its result when there is none. An exception would take the time in
        // which somebody needs what is held at that moment.
        _original = File.OpenHandle("/dev/null");
        var original = (int)_original.DangerousGetHandle();
        (_take, _giveBack) = (() => Dup(original), static descriptor => _ = Close(descriptor));
        TryHold();
    }

    /// <param name="take">Takes one descriptor; a negative number when there is none.</param>
    /// <param name="giveBack">Gives one back.</param>
    internal EmergencyDescriptors(Func<int> take, Action<int> giveBack)
    {
        (_take, _giveBack) = (take, giveBack);
        TryHold();
    }

    /// <summary>Holds them again, if there is at least one more: who accepts with none beside them finds that out by failing, which takes its time.</summary>
    /// <returns>False when descriptors are that short; then none is held.</returns>
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
                    LetGo();
                    return false;
                }

                _held[_count++] = descriptor;
            }

            LetGoIfUsedUp();
            return _count == Descriptors;
        }
    }

    /// <summary>Makes room at once when not a single one is left beside these.</summary>
    public void ReleaseIfUsedUp()
    {
        lock (_lock)
        {
            if (_count > 0) LetGoIfUsedUp();
        }
    }

    /// <summary>Makes room for what cannot wait.</summary>
    public void Release()
    {
        lock (_lock) LetGo();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            LetGo();
            _original?.Dispose();
        }
    }

    private void LetGoIfUsedUp()
    {
        var descriptor = _take();
        if (descriptor <= None) LetGo();
        else _giveBack(descriptor);
    }

    private void LetGo()
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
