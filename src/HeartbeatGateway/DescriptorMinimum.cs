using System.Runtime.InteropServices;
using System.Text;

namespace HeartbeatGateway;

/// <summary>
/// Checks the open-file limit before anything else. Below the minimum, the runtime cannot load the program's libraries, and ends the process with an
/// exception that names one of them. So this class needs no library but the runtime's own.
/// </summary>
internal static class DescriptorMinimum
{
    /// <summary>
    /// The least number of file descriptors that a gateway starts with. The process has about 275 open after its start, most of them for libraries, and
    /// 290 after the first HTTP pages.
    /// </summary>
    public const int Descriptors = 350;

    private const int OpenFiles = 7;
    private const int StandardError = 2;

    /// <summary>True when the limit suffices, or is unknown. Otherwise standard error gets the reason.</summary>
    public static bool IsMet()
    {
        if (!OperatingSystem.IsLinux() || GetLimit(OpenFiles, out var limit) != 0 || limit.Soft >= Descriptors) return true;
        var text = Encoding.UTF8.GetBytes(
            $"HeartbeatGateway cannot start: the limit of open files is {limit.Soft}, but must be at least {Descriptors}: raise it with 'ulimit -n', LimitNOFILE= of systemd or --ulimit nofile= of the container.\n");
        // Console needs a library and further file descriptors.
        _ = Write(StandardError, ref text[0], text.Length);
        return false;
    }

    [DllImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetLimit(int resource, out Limit limit);

    [DllImport("libc", EntryPoint = "write")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Write(int descriptor, ref byte text, nint length);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limit
    {
        public readonly nuint Soft;
        public readonly nuint Hard;
    }
}
