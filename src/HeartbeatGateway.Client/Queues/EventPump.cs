using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client.Queues;

/// <summary>
/// Runs the application's event handlers: in order, one at a time, on the thread pool; never on the read loop, on a timer thread or under
/// a lock. Uses a thread only while events are queued. Bounded: while a handler hangs, each new event above the bound drops the oldest.
/// </summary>
internal sealed class EventPump(ILogger logger, string clientId, Action<int> dropped) : IThreadPoolWorkItem
{
    public const int Capacity = 64;

    private readonly Lock _lock = new();
    private Queue<Action>? _events;
    private bool _isRunning;
    private int _dropped;

    /// <summary>Queues an event and returns immediately.</summary>
    public void Post(Action raise)
    {
        lock (_lock)
        {
            _events ??= new Queue<Action>();
            if (_events.Count == Capacity)
            {
                _events.Dequeue();
                _dropped++;
            }

            _events.Enqueue(raise);
            if (!_isRunning)
            {
                _isRunning = true;
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }
    }

    /// <summary>Calls each handler of an event. An exception in one handler affects neither the other handlers nor the client.</summary>
    public void Raise<T>(EventHandler<T> handlers, object sender, T argument)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(sender, argument);
            }
            catch (Exception e)
            {
                logger.EventHandlerFailed(clientId, e);
            }
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (true)
        {
            Action raise;
            int lost;
            lock (_lock)
            {
                (lost, _dropped) = (_dropped, 0);
                if (!_events!.TryDequeue(out raise!))
                {
                    _isRunning = false;
                    return;
                }
            }

            if (lost > 0) dropped(lost);
            raise();
        }
    }
}
