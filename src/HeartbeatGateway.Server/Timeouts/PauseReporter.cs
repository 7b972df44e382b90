using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>Counts and logs the pauses of the process that the timer wheel detects.</summary>
internal sealed class PauseReporter(EngineContext context)
{
    public void Report(TimeSpan length)
    {
        context.Metrics.Stalled(length);
        context.Logger.ProcessStalled(length.TotalSeconds);
    }
}
