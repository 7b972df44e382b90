namespace HeartbeatGateway.Shared.Logging;

/// <summary>
/// Makes loggers that catch the exceptions of their providers. Microsoft.Extensions.Logging passes such an exception on to the caller, which may be
/// a timer's thread, where it ends the process. The line is lost and counted.
/// </summary>
/// <param name="inner">Makes the loggers themselves.</param>
/// <param name="withoutScopes">
/// Categories that begin with this open no scopes. A scope that a server holds open as long as a connection costs 240 bytes for each, and a
/// switch of the execution context for each of its events.
/// </param>
internal sealed class GuardedLoggerFactory(ILoggerFactory inner, string? withoutScopes = null) : ILoggerFactory
{
    private long _lost;

    /// <summary>Lines lost because a logger failed.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public ILogger CreateLogger(string categoryName) =>
        new GuardedLogger(inner.CreateLogger(categoryName), this, opensScopes: withoutScopes is null || !categoryName.StartsWith(withoutScopes, StringComparison.Ordinal));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    private sealed class GuardedLogger(ILogger logger, GuardedLoggerFactory factory, bool opensScopes) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            try
            {
                return opensScopes ? logger.BeginScope(state) : null;
            }
            catch (Exception)
            {
                // A scope is not a line, so none is counted.
                return null;
            }
        }

        public bool IsEnabled(LogLevel logLevel)
        {
            try
            {
                return logger.IsEnabled(logLevel);
            }
            catch (Exception)
            {
                Interlocked.Increment(ref factory._lost);
                return false;
            }
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            try
            {
                logger.Log(logLevel, eventId, state, exception, formatter);
            }
            catch (Exception)
            {
                Interlocked.Increment(ref factory._lost);
            }
        }
    }
}
