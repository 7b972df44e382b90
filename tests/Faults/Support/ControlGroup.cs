using System.Globalization;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>A share of the processor that the kernel enforces (cgroups(7)); version 1 or 2, whichever the system has.</summary>
internal sealed class ControlGroup : IDisposable
{
    private const string Version2 = "/sys/fs/cgroup/cgroup.controllers";
    private const int PeriodMicroseconds = 100_000;
    private static readonly string Parent = File.Exists(Version2) ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";

    private readonly string _folder = Path.Combine(Parent, $"heartbeatgateway-{Guid.NewGuid():N}");
    private readonly List<int> _processes = [];

    /// <param name="share">Of one processor: 0.2 is a fifth.</param>
    public ControlGroup(double share)
    {
        Directory.CreateDirectory(_folder);
        var quota = ((int)(share * PeriodMicroseconds)).ToString(CultureInfo.InvariantCulture);
        if (File.Exists(Version2))
        {
            File.WriteAllText("/sys/fs/cgroup/cgroup.subtree_control", "+cpu");
            File.WriteAllText(Path.Combine(_folder, "cpu.max"), $"{quota} {PeriodMicroseconds}");
        }
        else
        {
            File.WriteAllText(Path.Combine(_folder, "cpu.cfs_period_us"), PeriodMicroseconds.ToString(CultureInfo.InvariantCulture));
            File.WriteAllText(Path.Combine(_folder, "cpu.cfs_quota_us"), quota);
        }
    }

    /// <summary>Skips the test where no groups can be made, but never on CI.</summary>
    public static void SkipUnlessAllowed() => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("CI") is not null || (Environment.IsPrivilegedProcess && Directory.Exists(Parent)),
        "SKIPPED: a share of the processor needs root and control groups (cgroups(7)).");

    /// <summary>Moves a process in.</summary>
    public void Add(int process)
    {
        File.WriteAllText(Path.Combine(_folder, "cgroup.procs"), process.ToString(CultureInfo.InvariantCulture));
        _processes.Add(process);
    }

    /// <summary>Lets all processes out again, and is gone.</summary>
    public void Dispose()
    {
        foreach (var process in _processes.Where(p => Directory.Exists($"/proc/{p}"))) File.WriteAllText(Path.Combine(Parent, "cgroup.procs"), process.ToString(CultureInfo.InvariantCulture));
        Directory.Delete(_folder);
    }
}
