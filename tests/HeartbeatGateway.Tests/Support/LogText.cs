using System.Text;

namespace HeartbeatGateway.Tests.Support;

/// <summary>The log output of the service, as written to standard output.</summary>
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

    /// <summary>Everything that was written so far.</summary>
    public string Text
    {
        get { lock (_text) return _text.ToString(); }
    }

    /// <summary>Waits for a line that contains all given texts. Lines are written on another thread.</summary>
    public async Task<string> SawAsync(params string[] texts)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while (true)
        {
            var all = Text;
            if (all.Split('\n').FirstOrDefault(l => texts.All(t => l.Contains(t, StringComparison.Ordinal))) is { } line) return line;
            if (timeout.IsCancellationRequested) throw new TimeoutException($"No line contains {string.Join(" and ", texts)}. The log is:\n{all}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    /// <summary>The number of lines so far that contain a text.</summary>
    public int Count(string text)
    {
        lock (_text) return _text.ToString().Split('\n').Count(l => l.Contains(text, StringComparison.Ordinal));
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        lock (_text) _text.Append(Encoding.UTF8.GetString(buffer, offset, count));
    }

    public override void Flush()
    {
        // Nothing is buffered.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
