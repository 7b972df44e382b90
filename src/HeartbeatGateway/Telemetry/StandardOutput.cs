using System.Runtime.InteropServices;

namespace HeartbeatGateway.Telemetry;

/// <summary>
/// Standard output that reports a broken pipe. The console's own stream ignores a broken pipe, so lines would be lost without being counted.
/// </summary>
internal sealed class StandardOutput : WriteOnlyStream
{
    private const int Descriptor = 1;

    // poll(2)
    private const short PollError = 0x08;
    private const short PollHangUp = 0x10;

    private readonly Stream _console = Console.OpenStandardOutput();

    /// <exception cref="IOException">The pipe is broken: its reader has closed it.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _console.Write(buffer);
        if (IsBroken()) throw new IOException("The reader of standard output has closed it.");
    }

    public override void Flush() => _console.Flush();

    private static bool IsBroken()
    {
        if (!OperatingSystem.IsLinux()) return false;
        var output = new PollDescriptor { Descriptor = Descriptor };
        return Poll(ref output, 1, 0) > 0 && (output.Returned & (PollError | PollHangUp)) != 0;
    }

    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollDescriptor descriptor, nuint count, int timeoutMilliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Asked;
        public short Returned;
    }
}
