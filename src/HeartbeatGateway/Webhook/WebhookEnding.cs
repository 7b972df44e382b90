namespace HeartbeatGateway.Webhook;

/// <summary>The end of the process in two steps: lanes deliver what they hold, and at the deadline they give up the rest.</summary>
internal sealed class WebhookEnding : IDisposable
{
    private readonly CancellationTokenSource _began = new();
    private readonly CancellationTokenSource _deadline = new();

    /// <summary>No further event comes. Waits end, and backoff is short.</summary>
    public CancellationToken Began => _began.Token;

    /// <summary>Requests in progress are abandoned.</summary>
    public CancellationToken Deadline => _deadline.Token;

    public Task BeginAsync() => _began.CancelAsync();

    public Task EndAsync() => _deadline.CancelAsync();

    public void Dispose()
    {
        _began.Dispose();
        _deadline.Dispose();
    }
}
