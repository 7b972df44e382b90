namespace HeartbeatGateway.Webhook;

/// <summary>The end of the process in two steps: lanes deliver what they hold, and at the deadline they give up the rest.</summary>
internal sealed class WebhookEnding : IDisposable
{
    private readonly CancellationTokenSource _began = new();
    private readonly CancellationTokenSource _deadline = new();

    public WebhookEnding() => (Began, Deadline) = (_began.Token, _deadline.Token);

    /// <summary>No further event comes. Waits end, and backoff is short.</summary>
    public CancellationToken Began { get; }

    /// <summary>Requests in progress are abandoned.</summary>
    public CancellationToken Deadline { get; }

    public Task BeginAsync() => _began.CancelAsync();

    public Task EndAsync() => _deadline.CancelAsync();

    /// <summary>Ends what runs: a host may be disposed without a stop.</summary>
    public void Dispose()
    {
        _began.Cancel();
        _deadline.Cancel();
        _began.Dispose();
        _deadline.Dispose();
    }
}
