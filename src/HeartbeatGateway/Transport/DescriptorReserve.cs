using System.Diagnostics.CodeAnalysis;

namespace HeartbeatGateway.Transport;

/// <summary>
/// A few descriptors that are held so that they can be let go. The runtime needs two for every thread that it starts, and ends the
/// process when it cannot have them; it starts threads when many wait, which is when descriptors run out. So whoever finds that none is
/// left releases these, and nobody accepts until all of them can be held again.
/// </summary>
[SuppressMessage("Reliability", "CA2000", Justification = "The handles live until they are released.")]
internal sealed class DescriptorReserve : IDisposable
{
    /// <summary>For some threads, and the library or file that one of them opens.</summary>
    public const int Descriptors = 16;

    private readonly Lock _lock = new();
    private readonly List<IDisposable> _held = new(Descriptors);
    private readonly Func<IDisposable> _open;
    private bool _isDisposed;

    public DescriptorReserve()
        : this(OpenNull)
    {
    }

    /// <param name="open">Takes one descriptor; throws an <see cref="IOException"/> when there is none.</param>
    internal DescriptorReserve(Func<IDisposable> open)
    {
        _open = open;
        TryHold();
    }

    /// <summary>Takes what is missing. When that is more than there is, all is let go again.</summary>
    /// <returns>False when descriptors are that short.</returns>
    public bool TryHold()
    {
        lock (_lock)
        {
            if (_isDisposed || _held.Count == Descriptors) return true;
            try
            {
                while (_held.Count < Descriptors) _held.Add(_open());
                return true;
            }
            catch (IOException)
            {
                LetGo();
                return false;
            }
        }
    }

    /// <summary>Makes room at once when not a single one is left beside these.</summary>
    public void ReleaseIfUsedUp()
    {
        lock (_lock)
        {
            if (_held.Count == 0) return;
            try
            {
                _open().Dispose();
            }
            catch (IOException)
            {
                LetGo();
            }
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
        }
    }

    private static IDisposable OpenNull() => OperatingSystem.IsWindows() ? NoDescriptor.Instance : File.OpenHandle("/dev/null");

    private void LetGo()
    {
        foreach (var handle in _held) handle.Dispose();
        _held.Clear();
    }

    /// <summary>Where a process does not run out of them.</summary>
    private sealed class NoDescriptor : IDisposable
    {
        public static readonly NoDescriptor Instance = new();

        public void Dispose()
        {
        }
    }
}
