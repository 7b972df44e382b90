using System.Threading.Channels;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Webhook;

/// <summary>
/// Events in order, with one batch in flight. Events that arrive meanwhile make the next batch, so batches grow with the load and nothing is delayed for them.
/// The events are bounded where they come from, by <see cref="WebhookRoom"/> and <see cref="WebhookPresence"/>.
/// </summary>
internal sealed class WebhookLane(WebhookDelivery delivery, WebhookBatches batches, WebhookSettingsStore store, WebhookEnding ending, WebhookReport report)
{
    private readonly Lock _lock = new();
    private readonly Queue<WebhookEvent> _waiting = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private IReadOnlyList<WebhookEvent> _current = [];
    private bool _isClosed;

    /// <summary>When the oldest message was taken that waits; null when none waits.</summary>
    public DateTimeOffset? OldestWaiting
    {
        get
        {
            lock (_lock) return _current.Concat(_waiting).FirstOrDefault(e => e.MessageTakenAt is not null && e.IsWaiting)?.MessageTakenAt;
        }
    }

    /// <summary>Appends an event. After the end of the lane it is dropped.</summary>
    public void Add(WebhookEvent e)
    {
        bool isClosed;
        lock (_lock)
        {
            isClosed = _isClosed;
            if (!isClosed) _waiting.Enqueue(e);
        }

        if (isClosed) e.Drop(SinkDropCause.Stopped);
        else _signal.Writer.TryWrite(true);
    }

    /// <summary>Runs until the process stops and each event is settled.</summary>
    public async Task RunAsync()
    {
        while (await WaitAsync())
        {
            try
            {
                if (Take() is { } batch) await DeliverAsync(batch);
            }
            catch (Exception e)
            {
                // Without the lane its clients would wait for ever.
                report.Failed(store.Current.ShownUrl, "an error of the gateway", e);
            }

            lock (_lock) _current = [];
        }
    }

    private async Task DeliverAsync(WebhookBatch batch)
    {
        try
        {
            await delivery.DeliverAsync(batch);
        }
        catch (Exception e)
        {
            report.Failed(store.Current.ShownUrl, "an error of the gateway", e);
            foreach (var left in batch.Events) left.Fail();
        }
    }

    /// <returns>False when the process stops and no event waits.</returns>
    private async Task<bool> WaitAsync()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_waiting.Count > 0) return true;
                if (ending.Began.IsCancellationRequested)
                {
                    _isClosed = true;
                    return false;
                }
            }

            try
            {
                await _signal.Reader.ReadAsync(ending.Began);
            }
            catch (OperationCanceledException) when (ending.Began.IsCancellationRequested)
            {
                // The process stops: the loop finds it out.
            }
        }
    }

    private WebhookBatch? Take()
    {
        var options = store.Current.Options;
        List<WebhookEvent> first;
        lock (_lock) first = [.. _waiting.Take(options.MaxBatchEvents)];
        var batch = batches.Make(first, options.MaxBatchBytes, attempts: 0, out var used);
        lock (_lock)
        {
            for (var i = 0; i < used; i++) _waiting.Dequeue();
            _current = batch?.Events ?? [];
        }

        return batch;
    }
}
