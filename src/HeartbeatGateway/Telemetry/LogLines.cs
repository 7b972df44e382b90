using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Telemetry;

/// <summary>Tells the sink <c>log</c> whether its lines were written to standard output.</summary>
internal sealed class LogLines(GuardedLoggerFactory loggers, ILogger<LogLines> logger) : ILogLines
{
    public void Follow(Action log, Action<bool> written)
    {
        var lost = loggers.Lost;
        // Without a line its level is not logged, unless a logger has failed meanwhile. Of two lines at a time, the wrong one may be sent again.
        if (!BackgroundLogWriter.TryFollow(log, Told)) Told(loggers.Lost == lost);

        void Told(bool isWritten)
        {
            try
            {
                written(isWritten);
            }
            catch (Exception e)
            {
                // Otherwise it would end the process, on a thread of the pool.
                logger.LineNotTold(e);
            }
        }
    }
}
