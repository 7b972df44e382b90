using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Webhook;

/// <summary>
/// Passes presence events to the webhook. They never push back: beyond a bound they are lost, and one event tells the receiver between which numbers. The loss
/// ends when half of the bound is free again.
/// </summary>
internal sealed class WebhookPresence(IHeartbeatGateway gateway, StreamEventId ids, WebhookLanes lanes, WebhookMetrics metrics, TimeProvider timeProvider)
{
    /// <summary>Presence events that wait at most.</summary>
    public const int MaxWaiting = 10_000;

    private readonly Lock _lock = new();
    private long _last;
    private int _waiting;
    private bool _isOverrun;
    private bool _gapIsOut;
    private PresenceGap? _gap;

    /// <summary>This run of the gateway, as event ids name it.</summary>
    public string Run => ids.Run;

    /// <summary>The number of the last event that was passed on or lost.</summary>
    public long Last => Interlocked.Read(ref _last);

    /// <summary>Follows the gateway's presence events from the first one until it is cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await foreach (var e in gateway.FollowPresenceAsync(Last, cancellationToken)) Offer(e);
            }
            catch (PresenceGapException)
            {
                var to = gateway.LastPresenceEvent;
                Missed(new PresenceGap(Last + 1, to));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Takes the next event, or loses it.</summary>
    public void Offer(PresenceEvent e)
    {
        Interlocked.Exchange(ref _last, e.Sequence);
        bool isTaken;
        lock (_lock)
        {
            _isOverrun = _waiting >= MaxWaiting || (_isOverrun && _waiting > MaxWaiting / 2);
            isTaken = !_isOverrun;
            if (isTaken) _waiting++;
        }

        if (!isTaken)
        {
            Lose(e.Sequence);
            return;
        }

        SendGap();
        lanes.Add(e.Client.ClientId, new WebhookPresenceEvent(this, e, timeProvider.GetTimestamp()));
    }

    /// <summary>Events were lost before they could be taken.</summary>
    public void Missed(PresenceGap gap)
    {
        Interlocked.Exchange(ref _last, gap.To);
        metrics.PresenceLost(gap.To - gap.From + 1);
        lock (_lock) _gap = PresenceGap.Join(_gap, gap);
        SendGap();
    }

    /// <summary>The receiver or the dead-letter file has an event.</summary>
    public void Delivered()
    {
        metrics.PresenceDelivered();
        Left();
        SendGap();
    }

    /// <summary>The receiver refused an event.</summary>
    public void Rejected()
    {
        metrics.PresenceRejected();
        Left();
        SendGap();
    }

    /// <summary>An event was given up.</summary>
    public void Lost(long sequence)
    {
        var isLast = Left();
        Lose(sequence);
        // Events expire in groups, which one gap event covers. With the last one that waits there may be no later occasion.
        if (isLast) SendGap();
    }

    /// <summary>The event of a gap is settled.</summary>
    /// <param name="gap">The gap, when the receiver did not get to know of it; else null.</param>
    public void GapSettled(PresenceGap? gap)
    {
        lock (_lock)
        {
            _gapIsOut = false;
            if (gap is not null) _gap = PresenceGap.Join(_gap, gap);
        }

        // One that was given up waits for the next event: sent again at once, it would be given up again while the process stops.
        if (gap is null) SendGap();
    }

    private void Lose(long sequence)
    {
        metrics.PresenceLost(1);
        lock (_lock) _gap = PresenceGap.Join(_gap, new PresenceGap(sequence, sequence));
    }

    /// <returns>True when no event waits any more.</returns>
    private bool Left()
    {
        lock (_lock) return --_waiting == 0;
    }

    /// <summary>One event for all that was lost, unless more is being lost.</summary>
    private void SendGap()
    {
        PresenceGap gap;
        lock (_lock)
        {
            if (_gap is null || _gapIsOut || (_isOverrun && _waiting > MaxWaiting / 2)) return;
            (gap, _gap, _gapIsOut) = (_gap, null, true);
        }

        lanes.Add("", new WebhookGapEvent(this, gap, timeProvider.GetTimestamp(), timeProvider.GetUtcNow()));
    }
}
