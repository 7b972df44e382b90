using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Testing;

/// <summary>A logger that throws at every line. Microsoft.Extensions.Logging passes the exception to the caller that logs.</summary>
public sealed class ThrowingLoggerProvider : ILoggerProvider
{
    private readonly SemaphoreSlim _more = new(0);
    private int _lines;

    /// <summary>How many lines have thrown.</summary>
    public int Lines => Volatile.Read(ref _lines);

    /// <summary>Waits until so many lines have thrown.</summary>
    public async Task ReachedAsync(int lines)
    {
        while (Lines < lines) await _more.WaitAsync();
    }

    public ILogger CreateLogger(string categoryName) => new ThrowingLogger(this);

    public void Dispose()
    {
        // There is nothing to release.
    }

    private sealed class ThrowingLogger(ThrowingLoggerProvider provider) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Interlocked.Increment(ref provider._lines);
            provider._more.Release();
            throw new InvalidOperationException("This logger throws at every line.");
        }
    }
}
