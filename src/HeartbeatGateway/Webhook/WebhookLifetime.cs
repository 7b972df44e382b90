using HeartbeatGateway.Server;

namespace HeartbeatGateway.Webhook;

/// <summary>
/// Runs the webhook with the host. It ends after the engine, whose stop closes all connections: so what the last messages and disconnects bring is delivered too.
/// </summary>
internal sealed class WebhookLifetime(WebhookLanes lanes, WebhookPresence presence, WebhookSettingsStore store, IHeartbeatGateway gateway, TimeProvider timeProvider)
    : IHostedService, IDisposable
{
    /// <summary>The longest time that deliveries may take after the drain. Less than what the host adds to the drain for the end of all services.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _following = new();
    private Task _presence = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lanes.Start();
        if (store.Current.Options.Presence) _presence = presence.FollowAsync(_following.Token);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        // The disconnects of the drain are events too.
        while (!_presence.IsCompleted && presence.Last < gateway.LastPresenceEvent && timeProvider.GetElapsedTime(start) < Bound / 2 && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Grain, timeProvider, CancellationToken.None);
        }

        await _following.CancelAsync();
        try
        {
            await _presence;
        }
        finally
        {
            // Also when the follower has failed: messages wait in the lanes.
            var left = Bound - timeProvider.GetElapsedTime(start);
            await lanes.EndAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
        }
    }

    public void Dispose()
    {
        // A host may be disposed without a stop.
        _following.Cancel();
        _following.Dispose();
    }
}
