namespace HeartbeatGateway.Cli.Connect;

/// <summary>Lines of a pipe, a file, or a terminal that echoes by itself.</summary>
internal sealed class StreamLines(Stream input) : ILineSource, IDisposable
{
    private readonly StreamReader _reader = new(input, System.Text.Encoding.UTF8);

    public async ValueTask<string?> ReadAsync(CancellationToken cancellation)
    {
        // A read of standard input cannot be called back; it is left behind when nobody waits any more.
        var line = _reader.ReadLineAsync(CancellationToken.None).AsTask();
        return await line.WaitAsync(cancellation);
    }

    public void Dispose() => _reader.Dispose();
}
