using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;
using Serilog.Extensions.Logging;

namespace HeartbeatGateway.FaultHost;

/// <summary>Loggers for hosts of tests.</summary>
internal static class Loggers
{
    /// <summary>Every line is written, and then thrown at whoever logged it.</summary>
    public static LoggerFactory Throwing(IServiceProvider services) => new(
        [new SerilogLoggerProvider(services.GetRequiredService<Serilog.ILogger>()), new ThrowingLoggerProvider()],
        new LoggerFilterOptions { MinLevel = LogLevel.Trace });
}
