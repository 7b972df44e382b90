using HeartbeatGateway.Client.Telemetry;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client.Events;

/// <summary>
/// Runs handlers one at a time and in order, on the thread pool and on nobody's read loop. Bounded: handlers that fall behind miss
/// the oldest. Thread-safe.
/// </summary>
internal sealed class EventPump(ILogger logger)
{
    /// <summary>Events that may wait.</summary>
    public const int Capacity = 64;

    private readonly Lock _lock = new();
    private readonly Queue<Action> _events = new();
    private bool _isRunning;

    public void Raise(Action raise)
    {
        lock (_lock)
        {
            if (_events.Count == Capacity) _events.Dequeue();
            _events.Enqueue(raise);
            if (_isRunning) return;
            _isRunning = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static pump => pump.Run(), this, preferLocal: false);
    }

    private void Run()
    {
        while (true)
        {
            Action raise;
            lock (_lock)
            {
                if (!_events.TryDequeue(out raise!))
                {
                    _isRunning = false;
                    return;
                }
            }

            try
            {
                raise();
            }
            catch (Exception e)
            {
                logger.HandlerFailed(e);
            }
        }
    }
}
