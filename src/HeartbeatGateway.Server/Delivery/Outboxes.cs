using System.Collections.Concurrent;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>What the outboxes of all clients share: their bounds, the sweep of those that keep something, and what is told of settled messages.</summary>
internal sealed class Outboxes(EngineContext context) : IDisposable
{
    /// <summary>How late at most a message expires, while the client is not connected or sends nothing.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    // Each outbox that keeps something is in it once.
    private readonly ConcurrentQueue<Outbox> _swept = new();
    private ITimer? _timer;
    private int _sweeping;
    private long _bytes;
    private long _messages;
    private volatile bool _isClosed;

    /// <summary>Names messages.</summary>
    public DeliveryIds Ids { get; } = new();

    /// <summary>The latest settled messages.</summary>
    public DeliveryEvents Events { get; } = new(context.TimeProvider);

    /// <summary>Messages that are kept for all clients.</summary>
    public long Messages => Interlocked.Read(ref _messages);

    /// <summary>What they count in bytes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The gateway has stopped: nothing is taken any more, and what is kept is dropped.</summary>
    public bool IsClosed => _isClosed;

    public long Now => context.Now;

    public int MaxMessages => context.Settings.MaxHeldMessages;

    public long MaxBytes => context.Settings.MaxHeldBytes;

    public int MaxPendingBytes => context.Settings.MaxPendingBytes;

    public void Start() => _timer ??= context.TimeProvider.CreateTimer(static state => ((Outboxes)state!).Sweep(), this, SweepInterval, SweepInterval);

    /// <summary>Takes a place for a message in the bound of all clients.</summary>
    public bool TryReserve(int bytes)
    {
        var max = context.Settings.MaxHeldTotalBytes;
        for (var seen = Bytes; ; seen = Bytes)
        {
            if (seen + bytes > max) return false;
            if (Interlocked.CompareExchange(ref _bytes, seen + bytes, seen) == seen) break;
        }

        Interlocked.Increment(ref _messages);
        return true;
    }

    /// <summary>Includes an outbox in the sweep until it keeps nothing.</summary>
    public void Sweep(Outbox outbox) => _swept.Enqueue(outbox);

    /// <summary>Visits each outbox that keeps something, once. A sweep that is in progress is not begun again.</summary>
    public void Sweep()
    {
        if (Interlocked.Exchange(ref _sweeping, 1) != 0) return;
        try
        {
            var now = context.Now;
            for (var left = _swept.Count; left > 0 && _swept.TryDequeue(out var outbox); left--)
            {
                if (outbox.Sweep(now)) _swept.Enqueue(outbox);
            }
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }

    /// <summary>Tells what has become of messages. They are counted as kept until here.</summary>
    public void Settle(List<Settlement>? settled)
    {
        if (settled is null) return;
        foreach (var (message, result) in settled)
        {
            Interlocked.Add(ref _bytes, -message.Bytes);
            Interlocked.Decrement(ref _messages);
            context.Metrics.PushSettled(result);
            Events.Append(message.Delivery, result);
            message.Delivery.Settle(result);
        }
    }

    /// <summary>Drops what is kept: the gateway has stopped. What is added at this moment is dropped by the next sweep.</summary>
    public void Close()
    {
        _isClosed = true;
        Sweep();
    }

    public void Dispose()
    {
        _timer?.Dispose();
        Close();
    }
}
