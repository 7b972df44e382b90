using System.Runtime.InteropServices;
using HeartbeatGateway.Epoll.Native;
using HeartbeatGateway.Epoll.Tests.Support;

namespace HeartbeatGateway.Epoll.Tests.Native;

public sealed unsafe class EpollEventLayoutTests
{
    private const ulong Data = 0x0123_4567_89AB_CDEF;

    [Fact]
    public void The_packed_layout_has_12_bytes_and_no_gap()
    {
        Assert.Equal([0x05, 0x20, 0, 0, 0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01], Written(EpollEventLayout.Packed));
        AssertReads(EpollEventLayout.Packed);
    }

    [Fact]
    public void The_aligned_layout_has_16_bytes_and_a_gap_of_four()
    {
        Assert.Equal([0x05, 0x20, 0, 0, 0, 0, 0, 0, 0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01], Written(EpollEventLayout.Aligned));
        AssertReads(EpollEventLayout.Aligned);
    }

    [Theory]
    [InlineData(Architecture.X64, true)]
    [InlineData(Architecture.Arm64, false)]
    [InlineData(Architecture.RiscV64, false)]
    public void Only_x64_is_packed(Architecture architecture, bool isPacked) => Assert.Equal(isPacked ? 12 : 16, EpollEventLayout.Of(architecture).Size);

    [Fact]
    public void The_kernel_gives_back_what_was_registered_in_the_layout_of_this_machine()
    {
        Wire.SkipUnlessLinux();
        var layout = EpollEventLayout.Current;
        var epoll = Libc.EpollCreate();
        int[] signals = [Libc.EventFd(), Libc.EventFd(), Libc.EventFd()];
        try
        {
            for (var i = 0; i < signals.Length; i++)
            {
                var change = new byte[layout.Size];
                layout.Write(change, EpollEventLayout.In, Data + (ulong)i);
                fixed (byte* pointer = change) Assert.Equal(0, Libc.EpollControl(epoll, 1, signals[i], pointer));
                Libc.Signal(signals[i]);
            }

            var list = new byte[layout.Size * 8];
            fixed (byte* pointer = list) Assert.Equal(signals.Length, Libc.EpollWait(epoll, pointer, 8, -1));
            Assert.Equal([Data, Data + 1, Data + 2], Enumerable.Range(0, signals.Length).Select(i => layout.Data(list, i)).Order());
            Assert.All(Enumerable.Range(0, signals.Length), i => Assert.Equal(EpollEventLayout.In, layout.Events(list, i)));
        }
        finally
        {
            foreach (var descriptor in signals) Assert.Equal(0, Libc.Close(descriptor));
            Assert.Equal(0, Libc.Close(epoll));
        }
    }

    private static byte[] Written(EpollEventLayout layout)
    {
        var bytes = new byte[layout.Size];
        layout.Write(bytes, EpollEventLayout.In | EpollEventLayout.Out | EpollEventLayout.ReadHangUp, Data);
        return bytes;
    }

    /// <summary>The second of two events.</summary>
    private static void AssertReads(EpollEventLayout layout)
    {
        byte[] list = [.. new byte[layout.Size], .. Written(layout)];
        Assert.Equal((0x2005u, Data), (layout.Events(list, 1), layout.Data(list, 1)));
        Assert.Equal((0u, 0ul), (layout.Events(list, 0), layout.Data(list, 0)));
    }
}
