namespace HeartbeatGateway.Cli.Connect;

/// <summary>Reads lines from a pipe, a file, or a terminal with its own echo.</summary>
internal sealed class StreamLines(Stream input) : ILineSource, IDisposable
{
    private readonly StreamReader _reader = new(input, System.Text.Encoding.UTF8);

    public async ValueTask<string?> ReadAsync(CancellationToken cancellation)
    {
        // A read of standard input cannot be cancelled. On cancellation it stays pending, and its result is ignored.
        var line = _reader.ReadLineAsync(CancellationToken.None).AsTask();
        return await line.WaitAsync(cancellation);
    }

    public void Dispose() => _reader.Dispose();
}
