using System.Globalization;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>
/// A limit on processor time or memory that the kernel enforces, as for a container (cgroups(7)). Uses version 1 or 2, whichever the system
/// has.
/// </summary>
internal sealed class ControlGroup : IDisposable
{
    private const string Root = "/sys/fs/cgroup";
    private const int PeriodMicroseconds = 100_000;
    private static readonly bool IsVersion2 = File.Exists(Path.Combine(Root, "cgroup.controllers"));

    private readonly string _parent;
    private readonly string _folder;
    private readonly List<int> _processes = [];

    private ControlGroup(string controller)
    {
        _parent = ParentOf(controller);
        _folder = Path.Combine(_parent, $"heartbeatgateway-{Guid.NewGuid():N}");
        Directory.CreateDirectory(_folder);
        if (IsVersion2) File.WriteAllText(Path.Combine(Root, "cgroup.subtree_control"), $"+{controller}");
    }

    /// <param name="share">The share of one processor: 0.2 is a fifth.</param>
    public static ControlGroup OfProcessor(double share)
    {
        var group = new ControlGroup("cpu");
        var quota = (int)(share * PeriodMicroseconds);
        if (IsVersion2)
        {
            group.Write("cpu.max", $"{quota} {PeriodMicroseconds}");
        }
        else
        {
            group.Write("cpu.cfs_period_us", $"{PeriodMicroseconds}");
            group.Write("cpu.cfs_quota_us", $"{quota}");
        }

        return group;
    }

    /// <param name="bytes">The memory limit, above which the kernel kills a process of the group.</param>
    public static ControlGroup OfMemory(long bytes)
    {
        var group = new ControlGroup("memory");
        group.Write(IsVersion2 ? "memory.max" : "memory.limit_in_bytes", $"{bytes}");
        return group;
    }

    /// <summary>Skips the test where control groups cannot be created, but never on CI.</summary>
    /// <param name="controller"><c>cpu</c> or <c>memory</c>.</param>
    public static void SkipUnlessAllowed(string controller) => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("CI") is not null || (Environment.IsPrivilegedProcess && Directory.Exists(ParentOf(controller))),
        $"SKIPPED: a kernel limit on '{controller}' needs root and control groups (cgroups(7)).");

    /// <summary>The command, started inside the group as in a container: a runtime reads its limits only at startup.</summary>
    public IReadOnlyList<string> Command(params IReadOnlyList<string> command) =>
        ["sh", "-c", $"echo $$ > {_folder}/cgroup.procs && exec \"$@\"", "sh", .. command];

    /// <summary>Moves a process into the group.</summary>
    public void Add(int process)
    {
        Write("cgroup.procs", $"{process}");
        _processes.Add(process);
    }

    /// <summary>Moves all added processes back to the parent group and deletes the group.</summary>
    public void Dispose()
    {
        foreach (var process in _processes.Where(p => Directory.Exists($"/proc/{p}")))
        {
            File.WriteAllText(Path.Combine(_parent, "cgroup.procs"), process.ToString(CultureInfo.InvariantCulture));
        }

        Directory.Delete(_folder);
    }

    private static string ParentOf(string controller) => IsVersion2 ? Root : Path.Combine(Root, controller);

    private void Write(string file, FormattableString value) => File.WriteAllText(Path.Combine(_folder, file), value.ToString(CultureInfo.InvariantCulture));
}
