namespace HeartbeatGateway.Cli.Terminals;

/// <summary>The keyboard of this process's console.</summary>
internal sealed class ConsoleKeyboard : IKeyboard
{
    // The console has no asynchronous read, so it is polled at this interval. It is shorter than the time between two keystrokes.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(30);

    public async ValueTask<ConsoleKeyInfo?> ReadAsync(CancellationToken cancellation)
    {
        // A job that was moved to the background (Ctrl+Z, bg) must not read: the system would stop it again.
        while (StandardInput.IsInBackground || !Console.KeyAvailable) await Task.Delay(Interval, TimeProvider.System, cancellation);
        return Console.ReadKey(intercept: true);
    }
}
