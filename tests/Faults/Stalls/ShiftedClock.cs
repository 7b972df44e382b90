using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>A wall clock for processes of the test's own, which the test can set while they run. The machine's stays as it is.</summary>
internal sealed class ShiftedClock : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-clock-").FullName;
    private TimeSpan _by;

    private ShiftedClock() => By = TimeSpan.Zero;

    /// <summary>How far it is ahead, in whole seconds; at once in force.</summary>
    public TimeSpan By
    {
        get => _by;
        set
        {
            _by = value;
            // In place: the processes see this file as memory.
            using var file = new FileStream(ShiftFile, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
            file.Write(BitConverter.GetBytes((long)value.TotalSeconds));
        }
    }

    public DateTimeOffset Now => TimeProvider.System.GetUtcNow() + By;

    /// <summary>Environment variables of a process that is to have this clock.</summary>
    public IReadOnlyList<(string Name, string? Value)> Settings => [("LD_PRELOAD", Library), ("CLOCK_SHIFT_FILE", ShiftFile)];

    private string ShiftFile => Path.Combine(_folder, "shift");

    private string Library => Path.Combine(_folder, "clock.so");

    /// <summary>Compiles it; skips the test where there is no compiler, but never on CI.</summary>
    public static async Task<ShiftedClock> BuildAsync()
    {
        const string Compiler = "/usr/bin/cc";
        Assert.SkipUnless(File.Exists(Compiler) || Environment.GetEnvironmentVariable("CI") is not null, $"SKIPPED: {Compiler} is missing; install it with: apt-get install gcc libc6-dev");
        var clock = new ShiftedClock();
        try
        {
            await using var compiler = new ChildProcess(
                Compiler,
                ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", clock.Library, Path.Combine(Repository.Root, "tests/Faults/Stalls/clock.c"), "-ldl"],
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
