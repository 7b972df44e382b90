using HeartbeatGateway.Epoll.Native;
using HeartbeatGateway.Epoll.Tests.Support;

namespace HeartbeatGateway.Epoll.Tests;

public sealed class DescriptorGuardTests
{
    private const string Kind = "anon_inode:[eventfd]";
    private const int BadDescriptor = 9;

    [Fact]
    public void It_is_closed_once_and_never_while_a_call_uses_it()
    {
        Wire.SkipUnlessLinux();
        const int Rounds = 3000;
        const int Threads = 4;
        var before = Descriptors.Count(Kind);
        var (closed, bad) = (0, 0);
        Holder? holder = null;
        using var barrier = new Barrier(Threads, ended => holder = ended.CurrentPhaseNumber % 2 == 0 ? new Holder() : holder);
        RunOnThreads(Threads, number =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                barrier.SignalAndWait();
                var mine = holder!;
                for (var use = 0; use < 20; use++)
                {
                    if (use == (round + number) % 7 * 3 && mine.Guard.Close()) Interlocked.Increment(ref closed);
                    if (!mine.Guard.TryEnter()) continue;
                    if (Libc.Available(mine.Guard.Descriptor) == -BadDescriptor) Interlocked.Increment(ref bad);
                    mine.Guard.Leave();
                }

                // A second close would hit this descriptor: it has the same number.
                var other = Libc.EventFd();
                if (Libc.Close(other) != 0) Interlocked.Increment(ref bad);
                if (mine.Guard.Close()) Interlocked.Increment(ref closed);
                barrier.SignalAndWait();
            }
        });

        Assert.Equal((Rounds, 0), (closed, bad));
        Assert.Equal(before, Descriptors.Count(Kind));
    }

    [Fact]
    public void After_the_close_no_call_enters()
    {
        Wire.SkipUnlessLinux();
        var guard = new DescriptorGuard(Libc.EventFd());
        Assert.True(guard.TryEnter());
        Assert.True(guard.Close());
        Assert.True(guard.IsClosed);
        Assert.False(guard.Close());
        Assert.False(guard.TryEnter());
        Assert.NotEqual(-BadDescriptor, Libc.Available(guard.Descriptor));
        guard.Leave();
        Assert.Equal(-BadDescriptor, Libc.Available(guard.Descriptor));
        Assert.False(guard.TryEnter());
        Assert.True(guard.IsClosed);
    }

    private static void RunOnThreads(int count, Action<int> run)
    {
        var threads = Enumerable.Range(0, count).Select(number => new Thread(() => run(number))).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
    }

    private sealed class Holder
    {
        public DescriptorGuard Guard = new(Libc.EventFd());
    }
}
