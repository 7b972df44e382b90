namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>Records every state of a client and waits for the next one.</summary>
internal sealed class StateLog
{
    private readonly IAsyncEnumerator<GatewayClientState> _states;

    private Task<bool>? _first;

    public StateLog(GatewayClient client)
    {
        _states = client.WatchStateAsync().GetAsyncEnumerator();
        // The watch begins with the first MoveNextAsync.
        _first = _states.MoveNextAsync().AsTask();
    }

    public List<GatewayClientState> Seen { get; } = [];

    /// <summary>Reads states up to the first one that matches.</summary>
    public async Task<GatewayClientState> UntilAsync(Func<GatewayClientState, bool> matches, string what = "a state")
    {
        while (true)
        {
            try
            {
                var next = _first ?? _states.MoveNextAsync().AsTask();
                _first = null;
                Assert.True(await next.WaitAsync(Wait.Limit), $"The states ended before {what}.");
            }
            catch (TimeoutException)
            {
                Assert.Fail($"The client did not reach {what}; its states were: {string.Join(" → ", Seen.TakeLast(8))}");
            }

            Seen.Add(_states.Current);
            if (matches(_states.Current)) return _states.Current;
        }
    }

    public Task<GatewayClientState> UntilAsync(GatewayClientStatus status) => UntilAsync(s => s.Status == status, status.ToString());
}
