using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>A wall clock for child processes, which the test can set while they run. The clock of the machine is not changed.</summary>
internal sealed class ShiftedClock : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-clock-").FullName;
    private TimeSpan _by;

    private ShiftedClock() => By = TimeSpan.Zero;

    /// <summary>How far the clock is ahead, in whole seconds. A change takes effect at once.</summary>
    public TimeSpan By
    {
        get => _by;
        set
        {
            _by = value;
            // Written in place: the processes map this file into memory.
            using var file = new FileStream(ShiftFile, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
            file.Write(BitConverter.GetBytes((long)value.TotalSeconds));
        }
    }

    public DateTimeOffset Now => TimeProvider.System.GetUtcNow() + By;

    /// <summary>The environment variables that give a process this clock.</summary>
    public IReadOnlyList<(string Name, string? Value)> Settings => [("LD_PRELOAD", Library), ("CLOCK_SHIFT_FILE", ShiftFile)];

    private string ShiftFile => Path.Combine(_folder, "shift");

    private string Library => Path.Combine(_folder, "clock.so");

    /// <summary>Compiles the clock library; skips the test where there is no compiler, but never on CI.</summary>
    public static async Task<ShiftedClock> BuildAsync()
    {
        const string Compiler = "/usr/bin/cc";
        Assert.SkipUnless(
            File.Exists(Compiler) || Environment.GetEnvironmentVariable("CI") is not null,
            $"SKIPPED: {Compiler} is missing; install it with: apt-get install gcc libc6-dev");
        var clock = new ShiftedClock();
        try
        {
            var source = Path.Combine(Repository.Root, "tests/Faults/Stalls/clock.c");
            await using var compiler = new ChildProcess(
                Compiler,
                ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", clock.Library, source, "-ldl"],
                new Dictionary<string, string?>());
            var exit = await compiler.ExitCodeAsync();
            Assert.True(exit == 0, string.Join('\n', compiler.Lines));
            return clock;
        }
        catch
        {
            clock.Dispose();
            throw;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
