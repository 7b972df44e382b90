using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server.Telemetry;

/// <summary>
/// Makes loggers whose faults stay with them: Microsoft.Extensions.Logging hands a provider's exception on to whoever logged, which may be a
/// timer's thread, where it ends the process. The line is lost and counted.
/// </summary>
/// <param name="inner">Makes the loggers themselves.</param>
/// <param name="withoutScopes">
/// Categories that begin with this open no scopes. One that a server holds open as long as a connection costs each 240 bytes, and each of its
/// events the change to an execution context of its own.
/// </param>
internal sealed class GuardedLoggerFactory(ILoggerFactory inner, string? withoutScopes = null) : ILoggerFactory
{
    private long _lost;

    /// <summary>Lines that a logger failed on.</summary>
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
                // A scope is part of lines, and is none itself.
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
