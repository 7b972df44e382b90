using System.Collections.Concurrent;

namespace HeartbeatGateway.Epoll;

/// <summary>
/// A block that received bytes are read from in place. It belongs to a loop, which receives into it again and again, unless a reader still reads it when the loop
/// goes on: then it is the reader's, and returns to the pool when that has advanced.
/// </summary>
internal sealed class ReceiveBlock
{
    /// <summary>The most that is received at a time.</summary>
    public const int Length = 64 * 1024;

    /// <summary>More blocks than this are left to the garbage collector.</summary>
    private const int MostPooled = 32;

    private static readonly ConcurrentStack<ReceiveBlock> Pool = new();

    private int _use;

    private enum Use
    {
        /// <summary>No reader reads it.</summary>
        Free,

        /// <summary>A reader reads it, and its loop has not gone on.</summary>
        Lent,

        /// <summary>It is the reader's.</summary>
        Kept,
    }

    /// <summary>Pinned, since the kernel writes to it.</summary>
    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(Length, pinned: true);

    public static ReceiveBlock Rent() => Pool.TryPop(out var block) ? block : new ReceiveBlock();

    /// <summary>The loop gives it to a reader.</summary>
    public void Lend() => Volatile.Write(ref _use, (int)Use.Lent);

    /// <summary>A reader has received into it without a loop: it is the reader's from the start.</summary>
    public void Keep() => Volatile.Write(ref _use, (int)Use.Kept);

    /// <summary>The loop goes on.</summary>
    /// <returns>True when a reader still reads the block, and the loop must take another one.</returns>
    public bool IsKept() => Volatile.Read(ref _use) != (int)Use.Free && Interlocked.CompareExchange(ref _use, (int)Use.Kept, (int)Use.Lent) == (int)Use.Lent;

    /// <summary>The reader has read what it wanted.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _use, (int)Use.Free) == (int)Use.Kept) Return();
    }

    /// <summary>The owner no longer needs it.</summary>
    public void Return()
    {
        if (Pool.Count < MostPooled) Pool.Push(this);
    }
}
