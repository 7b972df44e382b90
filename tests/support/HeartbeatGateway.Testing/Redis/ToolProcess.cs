using System.Diagnostics;
using System.Text;

namespace HeartbeatGateway.Testing.Redis;

/// <summary>A program that a fixture started, with all its output.</summary>
internal sealed class ToolProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    /// <param name="command">The program and its arguments.</param>
    public ToolProcess(IReadOnlyList<string> command)
    {
        _process = new Process { StartInfo = StartOf(command) };
        _process.OutputDataReceived += Note;
        _process.ErrorDataReceived += Note;
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The lines of both outputs so far.</summary>
    public string Output
    {
        get { lock (_output) return _output.ToString(); }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its standard output without the last line break.</returns>
    /// <exception cref="InvalidOperationException">It ended with another code than 0; the message has both outputs.</exception>
    public static async Task<string> RunAsync(IReadOnlyList<string> command)
    {
        using var process = Process.Start(StartOf(command))!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output.TrimEnd('\n')
            : throw new InvalidOperationException($"{string.Join(' ', command)} ended with code {process.ExitCode}: {await errors} {output}");
    }

    /// <summary>Sends a signal, and returns when it is sent.</summary>
    public void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        kill.WaitForExit();
        if (kill.ExitCode != 0) throw new InvalidOperationException($"Cannot send {signal} to process {_process.Id}.");
    }

    /// <summary>Kills it and what it started.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static ProcessStartInfo StartOf(IReadOnlyList<string> command) =>
        new(command[0], command.Skip(1)) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };

    private void Note(object sender, DataReceivedEventArgs line)
    {
        lock (_output) _output.AppendLine(line.Data);
    }
}
