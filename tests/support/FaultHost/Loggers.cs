using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;
using Serilog.Extensions.Logging;

namespace HeartbeatGateway.FaultHost;

/// <summary>Loggers for test hosts.</summary>
internal static class Loggers
{
    /// <summary>Writes every line and then throws to the caller of the logger.</summary>
    public static LoggerFactory Throwing(IServiceProvider services) => new(
        [new SerilogLoggerProvider(services.GetRequiredService<Serilog.ILogger>()), new ThrowingLoggerProvider()],
        new LoggerFilterOptions { MinLevel = LogLevel.Trace });
}
