using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HeartbeatGateway.Million.Measuring;

namespace HeartbeatGateway.Million;

/// <summary>
/// The same clients on a handler that only answers. It runs in a separate process, so that neither measurement includes the other's garbage.
/// </summary>
internal static class BareRun
{
    private const string Prefix = "figures ";
    private const int Seconds = 20;

    public static async Task<Figures> RunAsync(Options options)
    {
        string[] arguments =
        [
            "--bare", "--clients", options.Clients.ToString(CultureInfo.InvariantCulture),
            "--rate", options.ConnectsPerSecond.ToString(CultureInfo.InvariantCulture),
            "--seconds", Seconds.ToString(CultureInfo.InvariantCulture), "--silent", "0",
        ];
        // Started as `dotnet PROGRAM.dll`, the process path is the runtime's, and the first argument is the program.
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        Console.WriteLine("-- a bare handler");
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. program, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        Figures? figures = null;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(Prefix, StringComparison.Ordinal)) figures = JsonSerializer.Deserialize<Figures>(line.AsSpan(Prefix.Length));
            else Console.WriteLine(line);
        }

        await process.WaitForExitAsync();
        Console.WriteLine("-- the gateway");
        return figures ?? throw new InvalidOperationException($"The bare run printed no figures and ended with exit code {process.ExitCode}.");
    }

    /// <summary>Prints the figures for the parent process.</summary>
    public static void Report(Figures figures) => Console.WriteLine(Prefix + JsonSerializer.Serialize(figures));
}
