using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace HeartbeatGateway.Server.Context;

/// <summary>The resident memory of this process, and the memory that the system allows it.</summary>
internal static class ProcessMemory
{
    private const string ResidentFile = "/proc/self/statm";
    private const string GroupsFile = "/proc/self/cgroup";
    private const string GroupsFolder = "/sys/fs/cgroup";

    // Opened at the first use, since each file descriptor is one connection less, and kept, so that it can be read when none is left.
    private static readonly Lazy<SafeFileHandle?> Resident = new(static () => OperatingSystem.IsLinux() ? File.OpenHandle(ResidentFile) : null);

    /// <summary>The memory that the process may use, in bytes: its container's limit, or the machine's memory.</summary>
    public static long MaxBytes { get; } = ReadContainerLimit() is { } limit ? Math.Min(limit, ReadMachineBytes()) : ReadMachineBytes();

    /// <summary>The largest heap that the runtime allows, in bytes: three quarters of a container's memory limit, <c>DOTNET_GCHeapHardLimit</c>, or the machine's memory.</summary>
    public static long MaxHeapBytes { get; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Resident memory of the process, in bytes: heap, native memory of libraries, stacks, code (proc(5), statm).</summary>
    public static long ResidentBytes()
    {
        if (Resident.Value is not { } file) return Environment.WorkingSet;
        Span<byte> text = stackalloc byte[128];
        text = text[..RandomAccess.Read(file, text, fileOffset: 0)];
        var words = Encoding.ASCII.GetString(text).Split(' ');
        return long.Parse(words[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }

    /// <summary>The lowest limit of the process's control group and its parents (cgroups(7)); null when there is none.</summary>
    private static long? ReadContainerLimit()
    {
        if (!File.Exists(GroupsFile)) return null;
        long? lowest = null;
        foreach (var line in File.ReadLines(GroupsFile))
        {
            // "0::/path" in version 2, "7:memory:/path" in version 1.
            var parts = line.Split(':', 3);
            if (parts.Length < 3 || (parts[1].Length > 0 && !parts[1].Split(',').Contains("memory", StringComparer.Ordinal))) continue;
            var (root, file) = parts[1].Length == 0 ? (GroupsFolder, "memory.max") : ($"{GroupsFolder}/memory", "memory.limit_in_bytes");
            for (var path = parts[2].TrimEnd('/'); ; path = path[..path.LastIndexOf('/')])
            {
                if (ReadLimit($"{root}{path}/{file}") is { } limit && (lowest is null || limit < lowest)) lowest = limit;
                if (path.Length == 0) break;
            }
        }

        return lowest;
    }

    /// <returns>The limit; null for "max", or if the file does not exist: a container may not see this folder of the host.</returns>
    private static long? ReadLimit(string file) =>
        File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;

    private static long ReadMachineBytes()
    {
        const string MachineFile = "/proc/meminfo";
        // "MemTotal:       24689764 kB"
        var line = File.Exists(MachineFile) ? File.ReadLines(MachineFile).FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal)) : null;
        var kibibytes = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        return long.TryParse(kibibytes, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value * 1024 : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    }
}
