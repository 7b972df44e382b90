using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HeartbeatGateway.Epoll.Native;

/// <summary>
/// The struct epoll_event of epoll_ctl(2): 32 bits of events and 64 bits of data. On x86 it is packed (12 bytes), elsewhere the data is aligned (16 bytes).
/// </summary>
internal readonly struct EpollEventLayout
{
    public const uint In = 0x1;
    public const uint Out = 0x4;
    public const uint Error = 0x8;
    public const uint HangUp = 0x10;
    public const uint ReadHangUp = 0x2000;

    private EpollEventLayout(int size, int dataOffset) => (Size, DataOffset) = (size, dataOffset);

    /// <summary>Without padding between events and data.</summary>
    public static EpollEventLayout Packed { get; } = new(12, 4);

    /// <summary>With the data at a multiple of eight bytes.</summary>
    public static EpollEventLayout Aligned { get; } = new(16, 8);

    /// <summary>That of this machine (linux/eventpoll.h: packed on x86-64 alone).</summary>
    public static EpollEventLayout Current { get; } = Of(RuntimeInformation.ProcessArchitecture);

    /// <summary>Bytes of one event.</summary>
    public int Size { get; }

    /// <summary>Where the data begins in it.</summary>
    public int DataOffset { get; }

    public static EpollEventLayout Of(Architecture architecture) => architecture is Architecture.X64 ? Packed : Aligned;

    public uint Events(ReadOnlySpan<byte> list, int index) => BinaryPrimitives.ReadUInt32LittleEndian(list[(index * Size)..]);

    public ulong Data(ReadOnlySpan<byte> list, int index) => BinaryPrimitives.ReadUInt64LittleEndian(list[((index * Size) + DataOffset)..]);

    public void Write(Span<byte> one, uint events, ulong data)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(one, events);
        BinaryPrimitives.WriteUInt64LittleEndian(one[DataOffset..], data);
    }
}
