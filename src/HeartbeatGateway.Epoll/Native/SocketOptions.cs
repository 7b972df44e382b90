using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace HeartbeatGateway.Epoll.Native;

/// <summary>The options and addresses of a socket by its descriptor (socket(7), tcp(7), ip(7), ipv6(7)).</summary>
internal static class SocketOptions
{
    private const int SolSocket = 1;
    private const int SoSendBuffer = 7;
    private const int SoKeepAlive = 9;
    private const int SoLinger = 13;
    private const int IpprotoTcp = 6;
    private const int TcpNoDelay = 1;
    private const int TcpKeepIdle = 4;
    private const int TcpInfo = 11;

    // struct sockaddr_in6 is the larger one.
    private const int MaxAddress = 28;
    private const int InterNetwork = 2;
    private const int InterNetworkV6 = 10;

    public static void SetNoDelay(int descriptor) => Set(descriptor, IpprotoTcp, TcpNoDelay, 1);

    public static void SetSendBuffer(int descriptor, int bytes) => Set(descriptor, SolSocket, SoSendBuffer, bytes);

    /// <summary>Makes close(2) reset the connection and drop what was not sent (SO_LINGER with no time).</summary>
    /// <returns>False when the socket has failed.</returns>
    public static bool SetResetOnClose(int descriptor) => Libc.SetOption(descriptor, SolSocket, SoLinger, MemoryMarshal.AsBytes<int>([1, 0])) == 0;

    /// <summary>Whether the kernel probes a silent peer; false also when the socket has failed.</summary>
    public static bool HasKeepAlive(int descriptor)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        return Libc.GetOption(descriptor, SolSocket, SoKeepAlive, value) == sizeof(int) && BitConverter.ToInt32(value) != 0;
    }

    /// <returns>False when the socket has failed.</returns>
    public static bool SetKeepAlive(int descriptor, bool isOn) => Set(descriptor, SolSocket, SoKeepAlive, isOn ? 1 : 0);

    /// <summary>After how many seconds of silence the kernel probes.</summary>
    /// <returns>False when the socket has failed.</returns>
    public static bool SetKeepAliveTime(int descriptor, int seconds) => Set(descriptor, IpprotoTcp, TcpKeepIdle, seconds);

    /// <summary>Reads the beginning of the struct tcp_info (linux/tcp.h).</summary>
    /// <returns>False when the kernel's is shorter, or the socket has failed.</returns>
    public static bool TryReadTcpInfo(int descriptor, Span<byte> info) => Libc.GetOption(descriptor, IpprotoTcp, TcpInfo, info) == info.Length;

    /// <summary>The address of one end; null when the socket has failed.</summary>
    /// <param name="descriptor">A connected socket.</param>
    /// <param name="isPeer">True for the other end, false for this one.</param>
    public static IPEndPoint? EndPointOf(int descriptor, bool isPeer)
    {
        Span<byte> address = stackalloc byte[MaxAddress];
        return Libc.GetName(descriptor, isPeer, address) == 0 ? Parse(address) : null;
    }

    /// <summary>Accepts a connection; waits for one on a blocking socket.</summary>
    /// <param name="listener">The listening socket.</param>
    /// <param name="peer">The peer's address; null on failure.</param>
    /// <returns>The descriptor; a negative errno.</returns>
    public static int Accept(int listener, out IPEndPoint? peer)
    {
        Span<byte> address = stackalloc byte[MaxAddress];
        var accepted = Libc.Accept(listener, address);
        peer = accepted < 0 ? null : Parse(address);
        return accepted;
    }

    private static bool Set(int descriptor, int level, int option, int value) => Libc.SetOption(descriptor, level, option, MemoryMarshal.AsBytes([value])) == 0;

    /// <summary>Parses a struct sockaddr_in or sockaddr_in6.</summary>
    private static IPEndPoint? Parse(ReadOnlySpan<byte> address)
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        return BitConverter.ToUInt16(address) switch
        {
            InterNetwork => new IPEndPoint(new IPAddress(address.Slice(4, 4)), port),
            InterNetworkV6 => new IPEndPoint(new IPAddress(address.Slice(8, 16), BitConverter.ToUInt32(address[24..])), port),
            _ => null,
        };
    }
}
