using System.Runtime.InteropServices;

namespace HeartbeatGateway.Epoll.Native;

/// <summary>The system calls of the transport (Linux, glibc and musl). All arguments are blittable, so a call costs no marshalling.</summary>
internal static unsafe partial class Libc
{
    // errno(3), the same on all processors that .NET runs on.
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int ENFILE = 23;
    public const int EMFILE = 24;
    public const int EPIPE = 32;
    public const int ECONNABORTED = 103;
    public const int ECONNRESET = 104;
    public const int ENOBUFS = 105;

    /// <summary>SHUT_WR of shutdown(2).</summary>
    public const int ShutdownSend = 1;

    private const string Library = "libc";
    private const int MsgDontWait = 0x40;
    private const int MsgNoSignal = 0x4000;
    private const int EpollCloseOnExec = 0x80000;
    private const int EventfdCloseOnExec = 0x80000;
    private const int EventfdNonBlocking = 0x800;
    private const int SocketCloseOnExec = 0x80000;
    private const ulong Fionread = 0x541B;

    public static int EpollCreate() => epoll_create1(EpollCloseOnExec);

    public static int EventFd() => eventfd(0, EventfdCloseOnExec | EventfdNonBlocking);

    public static int EpollControl(int epoll, int operation, int descriptor, void* change) => epoll_ctl(epoll, operation, descriptor, change);

    public static int EpollWait(int epoll, void* events, int most, int milliseconds) => epoll_wait(epoll, events, most, milliseconds);

    /// <summary>Receives what is there.</summary>
    /// <returns>The number of bytes; 0 at the end of the stream; a negative errno.</returns>
    public static int Receive(int descriptor, Span<byte> into)
    {
        fixed (byte* bytes = into)
        {
            var received = recv(descriptor, bytes, (nuint)into.Length, MsgDontWait);
            return received >= 0 ? (int)received : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Sends as many bytes as the kernel takes.</summary>
    /// <returns>The number of bytes; a negative errno.</returns>
    public static int Send(int descriptor, ReadOnlySpan<byte> from)
    {
        fixed (byte* bytes = from)
        {
            var sent = send(descriptor, bytes, (nuint)from.Length, MsgDontWait | MsgNoSignal);
            return sent >= 0 ? (int)sent : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Bytes that wait in the kernel to be received; a negative errno.</summary>
    public static int Available(int descriptor)
    {
        int waiting;
        return ioctl(descriptor, Fionread, &waiting) == 0 ? waiting : -Marshal.GetLastPInvokeError();
    }

    public static int Shutdown(int descriptor, int how) => shutdown(descriptor, how) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    public static int Close(int descriptor) => close(descriptor);

    /// <summary>Accepts a connection; waits for one on a blocking socket.</summary>
    /// <param name="listener">The listening socket.</param>
    /// <param name="address">Gets the peer's address (struct sockaddr).</param>
    /// <returns>The descriptor; a negative errno.</returns>
    public static int Accept(int listener, Span<byte> address)
    {
        var length = (uint)address.Length;
        fixed (byte* bytes = address)
        {
            var accepted = accept4(listener, bytes, &length, SocketCloseOnExec);
            return accepted >= 0 ? accepted : -Marshal.GetLastPInvokeError();
        }
    }

    /// <returns>0, or a negative errno.</returns>
    public static int SetOption(int descriptor, int level, int option, ReadOnlySpan<byte> value)
    {
        fixed (byte* bytes = value) return setsockopt(descriptor, level, option, bytes, (uint)value.Length) == 0 ? 0 : -Marshal.GetLastPInvokeError();
    }

    /// <returns>How many bytes of the value were stored; a negative errno.</returns>
    public static int GetOption(int descriptor, int level, int option, Span<byte> value)
    {
        var length = (uint)value.Length;
        fixed (byte* bytes = value) return getsockopt(descriptor, level, option, bytes, &length) == 0 ? (int)length : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Reads the address of one end (struct sockaddr).</summary>
    /// <param name="descriptor">A connected socket.</param>
    /// <param name="isPeer">True for the other end, false for this one.</param>
    /// <param name="address">Gets it.</param>
    /// <returns>0, or a negative errno.</returns>
    public static int GetName(int descriptor, bool isPeer, Span<byte> address)
    {
        var length = (uint)address.Length;
        fixed (byte* bytes = address)
        {
            return (isPeer ? getpeername(descriptor, bytes, &length) : getsockname(descriptor, bytes, &length)) == 0 ? 0 : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Adds to an eventfd(2).</summary>
    public static void Signal(int descriptor)
    {
        ulong one = 1;
        // It fails only when the counter is full, and then the reader is woken anyway.
        _ = write(descriptor, &one, sizeof(ulong));
    }

    /// <summary>Takes the counter of an eventfd(2).</summary>
    public static void TakeSignals(int descriptor)
    {
        ulong count;
        _ = read(descriptor, &count, sizeof(ulong));
    }

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, void* change);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_wait(int epoll, void* events, int most, int milliseconds);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint recv(int descriptor, byte* into, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint send(int descriptor, byte* from, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ioctl(int descriptor, ulong request, int* argument);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int shutdown(int descriptor, int how);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int accept4(int listener, byte* address, uint* length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setsockopt(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int getsockopt(int descriptor, int level, int option, void* value, uint* length);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int getpeername(int descriptor, byte* address, uint* length);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int getsockname(int descriptor, byte* address, uint* length);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int close(int descriptor);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint write(int descriptor, void* from, nuint length);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint read(int descriptor, void* into, nuint length);
}
