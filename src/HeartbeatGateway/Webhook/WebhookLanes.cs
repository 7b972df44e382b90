namespace HeartbeatGateway.Webhook;

/// <summary>All lanes. A client's events go through one lane, chosen by a hash of its name that is the same in each process.</summary>
internal sealed class WebhookLanes : IDisposable
{
    private readonly WebhookEnding _ending = new();
    private readonly TimeProvider _timeProvider;
    private readonly WebhookLane[] _lanes;
    private Task _running = Task.CompletedTask;

    public WebhookLanes(
        WebhookSettingsStore store, WebhookRequests requests, WebhookBatches batches, WebhookStop stop, WebhookGiveUp giveUp, WebhookReport report, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _lanes = new WebhookLane[store.Current.Options.Lanes];
        for (var i = 0; i < _lanes.Length; i++)
        {
            var delivery = new WebhookDelivery(store, requests, batches, stop, giveUp, report, _ending, timeProvider);
            _lanes[i] = new WebhookLane(delivery, batches, store, _ending, report);
        }
    }

    /// <summary>When the oldest message was taken that waits; null when none waits.</summary>
    public DateTimeOffset? OldestWaiting => _lanes.Select(lane => lane.OldestWaiting).Min();

    /// <summary>Appends an event to the lane of a client.</summary>
    /// <param name="key">The client id; for a connection without one, the connection's id.</param>
    /// <param name="e">The event.</param>
    public void Add(string key, WebhookEvent e) => _lanes[Hash(key) % (uint)_lanes.Length].Add(e);

    public void Start() => _running = Task.WhenAll(_lanes.Select(lane => Task.Run(lane.RunAsync)));

    /// <summary>Delivers what the lanes hold; gives up what is left at the bound, or when it is cancelled. Completes when no event is left.</summary>
    /// <param name="bound">The longest time for deliveries.</param>
    /// <param name="cancellationToken">Ends the deliveries before.</param>
    public async Task EndAsync(TimeSpan bound, CancellationToken cancellationToken)
    {
        await _ending.BeginAsync();
        using var limit = new CancellationTokenSource(bound, _timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await _running.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _ending.EndAsync();
        await _running;
    }

    public void Dispose() => _ending.Dispose();

    /// <summary>FNV-1a with 32 bits over the characters, folded so that the low bits depend on all of them.</summary>
    internal static uint Hash(string key)
    {
        var hash = 2166136261u;
        foreach (var character in key) hash = (hash ^ character) * 16777619u;
        return hash ^ (hash >> 15);
    }
}
