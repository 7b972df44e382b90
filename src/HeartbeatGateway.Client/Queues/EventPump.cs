using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client.Queues;

/// <summary>
/// Runs the program's event handlers: in order, one at a time, on the thread pool, never where frames are read, timers fire or locks are
/// held. It has a thread only while there is something to run. Bounded: a handler that hangs makes later events push the oldest out.
/// </summary>
internal sealed class EventPump(ILogger logger, Action<int> dropped) : IThreadPoolWorkItem
{
    public const int Capacity = 64;

    private readonly Lock _lock = new();
    private Queue<Action>? _events;
    private bool _isRunning;
    private int _dropped;

    /// <summary>Takes an event in and returns at once.</summary>
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

    /// <summary>Calls each handler of an event; one that throws harms neither the others nor the client.</summary>
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
                logger.EventHandlerFailed(e);
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
