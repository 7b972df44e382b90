using System.Collections.Concurrent;
using System.Diagnostics;

namespace HeartbeatGateway.Redis.Tests.Support;

/// <summary>A documented Python program that runs until it is disposed, as the user <c>backend</c> with the password <c>secret</c>.</summary>
internal sealed class PythonScript : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("heartbeatgateway-python-");
    private readonly Process _process;

    /// <param name="files">The names of the programs and their text. The first one runs.</param>
    /// <param name="arguments">Its arguments.</param>
    public PythonScript((string Name, string Text)[] files, params string[] arguments)
    {
        foreach (var (name, text) in files) File.WriteAllText(Path.Combine(_folder.FullName, name), text);
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("python3", ["-u", files[0].Name, .. arguments])
            {
                WorkingDirectory = _folder.FullName,
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["REDIS_USER"] = "backend", ["REDIS_PASSWORD"] = "secret" },
            },
        };
        _process.OutputDataReceived += (_, line) => Note(Lines, line.Data);
        _process.ErrorDataReceived += (_, line) => Note(Errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public ConcurrentQueue<string> Lines { get; } = new();

    public ConcurrentQueue<string> Errors { get; } = new();

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static void Note(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null) lines.Enqueue(line);
    }
}
