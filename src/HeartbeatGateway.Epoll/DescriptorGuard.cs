using HeartbeatGateway.Epoll.Native;

namespace HeartbeatGateway.Epoll;

/// <summary>
/// A file descriptor that is closed in one place: when it was asked to close and no system call uses it. So no call reaches a descriptor that the system
/// has given to someone else meanwhile.
/// </summary>
internal struct DescriptorGuard(int descriptor)
{
    private const int Closing = int.MinValue;

    private int _uses;

    /// <summary>The descriptor; to be used between <see cref="TryEnter"/> and <see cref="Leave"/>.</summary>
    public int Descriptor { get; } = descriptor;

    public readonly bool IsClosed => Volatile.Read(in _uses) < 0;

    /// <summary>Before a system call.</summary>
    /// <returns>False once the descriptor is to be closed; then <see cref="Leave"/> must not be called.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _uses) > 0) return true;
        Leave();
        return false;
    }

    /// <summary>After a system call.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _uses) == Closing) Finish();
    }

    /// <summary>Closes the descriptor, at once or when the last call that uses it has returned.</summary>
    /// <returns>False when it was closed before.</returns>
    public bool Close()
    {
        int uses;
        do
        {
            uses = Volatile.Read(ref _uses);
            if (uses < 0) return false;
        }
        while (Interlocked.CompareExchange(ref _uses, uses | Closing, uses) != uses);

        if (uses == 0) Finish();
        return true;
    }

    private void Finish()
    {
        // Once: a failed TryEnter may bring the count back to its end value.
        if (Interlocked.CompareExchange(ref _uses, Closing + 1 + (int.MaxValue / 2), Closing) == Closing) _ = Libc.Close(Descriptor);
    }
}
