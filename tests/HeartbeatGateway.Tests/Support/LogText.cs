using System.Text;

namespace HeartbeatGateway.Tests.Support;

/// <summary>What the service logs, as it would stand on standard output.</summary>
internal sealed class LogText : Stream
{
    private readonly StringBuilder _text = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Waits for a line that holds all of some texts; lines are written on a thread of their own.</summary>
    public async Task<string> SawAsync(params string[] texts)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while (true)
        {
            string all;
            lock (_text) all = _text.ToString();
            if (all.Split('\n').FirstOrDefault(l => texts.All(t => l.Contains(t, StringComparison.Ordinal))) is { } line) return line;
            if (patience.IsCancellationRequested) throw new TimeoutException($"No line held {string.Join(" and ", texts)}. There were:\n{all}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        lock (_text) _text.Append(Encoding.UTF8.GetString(buffer, offset, count));
    }

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
