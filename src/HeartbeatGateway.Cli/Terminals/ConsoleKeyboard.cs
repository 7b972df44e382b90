namespace HeartbeatGateway.Cli.Terminals;

/// <summary>The process' own keyboard.</summary>
internal sealed class ConsoleKeyboard : IKeyboard
{
    // The console cannot be waited for; this often it is asked. Nobody types faster.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(30);

    public async ValueTask<ConsoleKeyInfo?> ReadAsync(CancellationToken cancellation)
    {
        while (!Console.KeyAvailable) await Task.Delay(Interval, TimeProvider.System, cancellation);
        return Console.ReadKey(intercept: true);
    }
}
