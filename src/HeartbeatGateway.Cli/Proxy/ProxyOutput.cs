using System.Threading.Channels;

namespace HeartbeatGateway.Cli.Proxy;

/// <summary>
/// Writes lines to the output apart from the connections: a slow output never delays a byte that the proxy forwards. Lines above the
/// bound are dropped and counted.
/// </summary>
internal sealed class ProxyOutput(TextWriter output, Func<long, string> describeDropped)
{
    private const int MaxLines = 10_000;
    private const long MaxChars = 8 * 1024 * 1024;

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(MaxLines) { SingleReader = true });
    private long _chars;
    private long _dropped;

    /// <summary>Queues one entry, which can have several lines.</summary>
    public void Write(string entry)
    {
        if (Interlocked.Add(ref _chars, entry.Length) <= MaxChars && _lines.Writer.TryWrite(entry)) return;
        Interlocked.Add(ref _chars, -entry.Length);
        Interlocked.Increment(ref _dropped);
    }

    /// <summary>No more lines follow.</summary>
    public void Complete() => _lines.Writer.TryComplete();

    /// <summary>Writes until <see cref="Complete"/>.</summary>
    /// <exception cref="IOException">The output is closed.</exception>
    public async Task RunAsync()
    {
        await foreach (var entry in _lines.Reader.ReadAllAsync())
        {
            await output.WriteLineAsync(entry);
            Interlocked.Add(ref _chars, -entry.Length);
            if (Interlocked.Exchange(ref _dropped, 0) is var dropped and > 0) await output.WriteLineAsync(describeDropped(dropped));
        }
    }
}
