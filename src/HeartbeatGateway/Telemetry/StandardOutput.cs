using System.Runtime.InteropServices;

namespace HeartbeatGateway.Telemetry;

/// <summary>
/// Standard output that says when nobody reads it any more. The console's own stream passes over a broken pipe in silence, so lines would be
/// lost without being counted.
/// </summary>
internal sealed class StandardOutput : Stream
{
    private const int Descriptor = 1;

    // poll(2)
    private const short PollError = 0x08;
    private const short PollHangUp = 0x10;

    private readonly Stream _console = Console.OpenStandardOutput();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">Nobody reads it any more.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _console.Write(buffer);
        if (IsBroken()) throw new IOException("Nobody reads standard output any more.");
    }

    /// <inheritdoc cref="Write(ReadOnlySpan{byte})"/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => _console.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

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
