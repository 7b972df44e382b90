using StackExchange.Redis;
using ChannelOfSignals = System.Threading.Channels.Channel;

namespace HeartbeatGateway.Redis.Channel;

/// <summary>
/// Keeps the own inbox subscribed under the epoch in force, and under former ones for as long as they are wanted. Probes it, and replaces a subscription that
/// is connected and receives nothing.
/// </summary>
/// <param name="connection">The connection that other calls use.</param>
/// <param name="keys">The names of inboxes.</param>
/// <param name="clock">Set by each step.</param>
/// <param name="metrics">Counts replacements.</param>
/// <param name="logger">The logger.</param>
/// <param name="receive">Gets each message but probes.</param>
internal sealed class OwnInbox(
    RedisConnection connection, RedisKeys keys, RedisClock clock, ChannelMetrics metrics, ILogger logger, Action<NodeEnvelope> receive) : IAsyncDisposable
{
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(5);

    /// <summary>The most former epochs. A lease that lapses more often while Redis does not let the restore end leaves the oldest one.</summary>
    private const int MaxFormer = 4;

    private const int QuietFailures = 2;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a subscription without a connection may take to connect again, while Redis answers other calls.</summary>
    private static readonly TimeSpan MaxReconnect = TimeSpan.FromSeconds(10);

    private readonly InboxProbe _probe = new(connection);
    private readonly System.Threading.Channels.Channel<bool> _signal = ChannelOfSignals.CreateBounded<bool>(
        new System.Threading.Channels.BoundedChannelOptions(1) { FullMode = System.Threading.Channels.BoundedChannelFullMode.DropWrite });

    private readonly LogPause _lines = new(connection.TimeProvider);
    private readonly LogPause _unknownLines = new(connection.TimeProvider);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lock _starting = new();
    private InboxSubscription? _subscription;
    private volatile Wanted? _wanted;
    private volatile string? _epoch;
    private Task? _running;

    /// <summary>The epoch under which the inbox is subscribed; null for none.</summary>
    public string? Epoch => _epoch;

    /// <summary>Listens under an epoch, and still under the ones before.</summary>
    public void Listen(string epoch)
    {
        lock (_starting)
        {
            if (_wanted is not { } before) _wanted = new Wanted(epoch, []);
            else if (before.Epoch != epoch) _wanted = new Wanted(epoch, [.. before.Former.Append(before.Epoch).TakeLast(MaxFormer)]);
            if (_running is null) metrics.FollowInbox(() => _probe.Age);
            _running ??= Task.Run(RunAsync);
        }

        _signal.Writer.TryWrite(true);
    }

    /// <summary>Listens under the present epoch only.</summary>
    public void LeaveFormer()
    {
        lock (_starting)
        {
            if (_wanted is not { Former.Count: > 0 } wanted) return;
            _wanted = wanted with { Former = [] };
        }

        _signal.Writer.TryWrite(true);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        if (_running is { } running) await running;
        if (_subscription is { } subscription) await subscription.DisposeAsync();
        _stopped.Dispose();
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (!_stopped.IsCancellationRequested)
        {
            TimeSpan wait;
            try
            {
                wait = await StepAsync(_wanted!);
                failures = 0;
            }
            catch (Exception e)
            {
                // Without the loop no node could ever ask this one again.
                if (!RedisConnection.IsFailure(e)) logger.ChannelStepFailed(e);
                // The first steps may come before the connection for pub/sub stands.
                else if (failures >= QuietFailures && _lines.Allows()) logger.InboxNotSubscribed(RedisCause.Of(e));
                failures++;
                wait = RetryAfter;
            }

            await WaitAsync(wait);
        }
    }

    /// <returns>When the next step is due.</returns>
    private async Task<TimeSpan> StepAsync(Wanted wanted)
    {
        var epoch = wanted.Epoch;
        _subscription ??= new InboxSubscription(connection, Receive);
        if (_epoch != epoch)
        {
            await _subscription.SubscribeAsync(keys.Inbox(epoch));
            _epoch = epoch;
            logger.InboxSubscribed(epoch);
        }

        await ReadClockAsync();
        var changes = _subscription.Changes;
        var result = await _probe.SendAsync(RedisChannel.Literal(keys.Inbox(epoch)).WithKeyRouting());
        if (result == ProbeResult.Heard)
        {
            await KeepAsync(_subscription, wanted.Former);
            return ProbeInterval;
        }

        if (result == ProbeResult.Away) return RetryAfter;
        // A connection that is being made again explains it, for a while.
        if (result == ProbeResult.Unheard && (!_subscription.IsConnected || changes != _subscription.Changes) && _probe.Age < MaxReconnect) return RetryAfter;
        await ReplaceAsync(result);
        return TimeSpan.Zero;
    }

    private async Task KeepAsync(InboxSubscription subscription, IReadOnlyList<string> former)
    {
        try
        {
            await subscription.KeepAsync([.. former.Select(keys.Inbox)]);
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            // In a Redis Cluster the master of a former inbox may be away alone. The next step tries it again.
        }
    }

    /// <summary>Nodes agree on deadlines by one clock: that of the server that has the leases.</summary>
    private async Task ReadClockAsync()
    {
        var asked = connection.TimeProvider.GetTimestamp();
        var time = (long[])(await connection.CallAsync(db => db.ScriptEvaluateAsync("return redis.call('TIME')", [(RedisKey)keys.Leases])))!;
        // Redis read it about in the middle.
        clock.Note((time[0] * 1000) + (time[1] / 1000) + (long)(connection.TimeProvider.GetElapsedTime(asked).TotalMilliseconds / 2));
    }

    private async Task ReplaceAsync(ProbeResult result)
    {
        metrics.InboxWasReplaced();
        logger.InboxReplaced(result == ProbeResult.Misrouted ? "received at another master than Redis Cluster names now" : "not received within 2 s");
        var former = _subscription!;
        (_subscription, _epoch) = (null, null);
        // First: with both, a question would be received twice.
        await former.DisposeAsync();
    }

    private void Receive(ReadOnlyMemory<byte> bytes)
    {
        if (!NodeEnvelope.TryDecode(bytes, out var envelope))
        {
            if (_unknownLines.Allows()) logger.NodeMessageUnknown(bytes.Length);
        }
        else if (envelope.Kind == EnvelopeKind.Probe) _probe.Received(envelope.Id);
        else receive(envelope);
    }

    /// <summary>Waits until the time is up, another epoch is wanted, or the inbox is disposed.</summary>
    private async Task WaitAsync(TimeSpan wait)
    {
        using var limit = new CancellationTokenSource(wait, connection.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopped.Token);
        try
        {
            await _signal.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // The time is up, or the loop ends.
        }
    }

    /// <param name="Epoch">The epoch in force.</param>
    /// <param name="Former">Epochs before it, the oldest first.</param>
    private sealed record Wanted(string Epoch, IReadOnlyList<string> Former);
}
