using System.Collections.Concurrent;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>What the outboxes of all clients share: their bounds, the sweep of those that keep something, and what is told of settled messages.</summary>
internal sealed class Outboxes : IDisposable
{
    /// <summary>How late at most a message expires, while the client is not connected or sends nothing.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly EngineContext _context;
    private readonly ICluster? _cluster;
    private readonly SettledReports? _reports;
    // Each outbox that keeps something is in it once.
    private readonly ConcurrentQueue<Outbox> _swept = new();
    private ITimer? _timer;
    private int _sweeping;
    private long _bytes;
    private long _messages;
    private volatile bool _isClosed;

    /// <param name="context">The engine's context.</param>
    /// <param name="cluster">The cluster, whose other nodes go on with what is given up here; null for none.</param>
    public Outboxes(EngineContext context, ICluster? cluster = null)
    {
        (_context, _cluster) = (context, cluster);
        Events = new DeliveryEvents(context.TimeProvider);
        Away = new AwayMessages(context.TimeProvider, Tell);
        if (cluster is not null) _reports = new SettledReports(context, cluster);
    }

    /// <summary>Names messages.</summary>
    public DeliveryIds Ids { get; } = new();

    /// <summary>The latest settled messages.</summary>
    public DeliveryEvents Events { get; }

    /// <summary>Messages that this node has accepted, and that another node or the directory holds.</summary>
    public AwayMessages Away { get; }

    /// <summary>The epoch of this node.</summary>
    public string Epoch => _cluster?.Self.Epoch ?? "";

    public EngineContext Context => _context;

    /// <summary>Messages that are kept for all clients.</summary>
    public long Messages => Interlocked.Read(ref _messages);

    /// <summary>What they count in bytes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The gateway has stopped: nothing is taken any more, and what is kept is dropped.</summary>
    public bool IsClosed => _isClosed;

    public long Now => _context.Now;

    public int MaxMessages => _context.Settings.MaxHeldMessages;

    public long MaxBytes => _context.Settings.MaxHeldBytes;

    public int MaxPendingBytes => _context.Settings.MaxPendingBytes;

    /// <summary>The timestamp at which a message expires that is accepted now.</summary>
    /// <param name="ttl">How long it is kept; null for the time of the settings.</param>
    public long DeadlineOf(TimeSpan? ttl) => _context.Now + (ttl is { } given ? _context.TimeProvider.ToTimestampUnits(given) : _context.Settings.KeepUnacknowledged);

    public void Start() => _timer ??= _context.TimeProvider.CreateTimer(static state => ((Outboxes)state!).Sweep(), this, SweepInterval, SweepInterval);

    /// <summary>Takes a place for a message in the bound of all clients.</summary>
    public bool TryReserve(int bytes)
    {
        var max = _context.Settings.MaxHeldTotalBytes;
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
            var now = _context.Now;
            for (var left = _swept.Count; left > 0 && _swept.TryDequeue(out var outbox); left--)
            {
                if (outbox.Sweep(now)) _swept.Enqueue(outbox);
            }

            if (_isClosed) Away.Close();
            else Away.Sweep(now);
            _reports?.Resume();
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
        foreach (var (message, result, wasKept) in settled)
        {
            if (wasKept) Release(message);
            _context.Metrics.PushSettled(result);
            if (message.Origin is null) Tell(message.Delivery, result);
            else Report(message, result);
        }
    }

    /// <summary>Another node goes on with messages: they are no longer kept here, and their results come from there.</summary>
    public void Moved(IReadOnlyList<OutgoingMessage> messages)
    {
        foreach (var message in messages)
        {
            Release(message);
            // Without room nothing could be learnt of it any more.
            if (message.Origin is null && !Away.TryAdd(message.Delivery, message.Deadline)) Tell(message.Delivery, DeliveryResult.NodeUnknown);
        }
    }

    /// <summary>Another node has told the result of a message. Ignored when none waits for it.</summary>
    public void Reported(string messageId, DeliveryResult result)
    {
        if (Ids.TryRead(messageId, out var ids, out var number) && ids == Ids && Away.Take(number) is { } delivery) Tell(delivery, result);
    }

    private void Tell(MessageDelivery delivery, DeliveryResult result)
    {
        Events.Append(delivery, result);
        delivery.Settle(result);
    }

    private void Report(OutgoingMessage message, DeliveryResult result)
    {
        message.Delivery.Settle(result);
        if (message.Origin is { Length: > 0 } origin) _reports?.Add(origin, new SettledMessage(message.Delivery.MessageId, NodeResults.NameOf(result)));
    }

    private void Release(OutgoingMessage message)
    {
        Interlocked.Add(ref _bytes, -message.Bytes);
        Interlocked.Decrement(ref _messages);
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
