using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HeartbeatGateway.Million.Measuring;

namespace HeartbeatGateway.Million;

/// <summary>The same clients on a handler that only answers, in a process of their own, so that neither has the other's garbage behind it.</summary>
internal static class BareRun
{
    private const string Prefix = "figures ";
    private const int Seconds = 20;

    public static async Task<Figures> GoAsync(Options options)
    {
        string[] arguments =
        [
            "--bare", "--clients", options.Clients.ToString(CultureInfo.InvariantCulture), "--rate", options.ConnectsPerSecond.ToString(CultureInfo.InvariantCulture),
            "--seconds", Seconds.ToString(CultureInfo.InvariantCulture), "--silent", "0",
        ];
        // The name of the program is the first of them, and started under another one it would be the runtime's own.
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        Console.WriteLine("-- a bare handler");
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. program, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        Figures? figures = null;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(Prefix, StringComparison.Ordinal)) figures = JsonSerializer.Deserialize<Figures>(line.AsSpan(Prefix.Length));
            else Console.WriteLine(line);
        }

        await process.WaitForExitAsync();
        Console.WriteLine("-- the gateway");
        return figures ?? throw new InvalidOperationException($"The bare run ended with {process.ExitCode} and without figures.");
    }

    /// <summary>Figures for whoever started this process.</summary>
    public static void Tell(Figures figures) => Console.WriteLine(Prefix + JsonSerializer.Serialize(figures));
}
