using System.Runtime.InteropServices;

namespace HeartbeatGateway.Cli.Terminals;

/// <summary>Whether this process can read its standard input.</summary>
internal static class StandardInput
{
    private const int Descriptor = 0;
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExec = 1;

    /// <summary>
    /// True when the process was started without standard input (<c>&lt;&amp;-</c>). The runtime then uses descriptor 0 for a file or pipe of its
    /// own, and a read would never end. A descriptor that a process inherits is never close-on-exec; the runtime's own ones are.
    /// </summary>
    public static bool IsClosed => !OperatingSystem.IsWindows() && Control(Descriptor, GetDescriptorFlags) is var flags && (flags < 0 || (flags & CloseOnExec) != 0);

    /// <summary>
    /// True when standard input is a terminal that this process may not read now, because another job is in the foreground. The system stops
    /// a background job that reads its terminal (SIGTTIN).
    /// </summary>
    public static bool IsInBackground
    {
        get
        {
            if (OperatingSystem.IsWindows()) return false;
            // Fails with -1 when standard input is not the terminal of this session; the job is then not under its control.
            var foreground = ForegroundGroup(Descriptor);
            return foreground >= 0 && foreground != ProcessGroup();
        }
    }

    [DllImport("libc", EntryPoint = "tcgetpgrp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ForegroundGroup(int descriptor);

    [DllImport("libc", EntryPoint = "getpgrp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ProcessGroup();

    [DllImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int descriptor, int command);
}
