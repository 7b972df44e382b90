using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Load;

/// <summary>One client of many: turns its events into counts.</summary>
internal sealed class LoadClient : IAsyncDisposable
{
    private readonly GatewayClient _client;
    private readonly LoadStatistics _statistics;
    private readonly TimeProvider _time;
    private long _started;
    private GatewayClientStatus _status;
    private long _attempts;
    private bool _wasConnected;
    private Task _reading = Task.CompletedTask;

    public LoadClient(GatewayClientOptions options, LoadStatistics statistics, TimeProvider time)
    {
        _client = new GatewayClient(options, timeProvider: time);
        _statistics = statistics;
        _time = time;
        _client.StateChanged += (_, state) => OnState(state);
        _client.HeartbeatAnswered += (_, rtt) => statistics.Rtt.Record(rtt);
    }

    public void Start()
    {
        _started = _time.GetTimestamp();
        _client.Start();
        _reading = ReadAsync();
    }

    /// <summary>Sends if it is connected; what waits for a connection that is gone is no load.</summary>
    public void Send(ReadOnlyMemory<byte> content)
    {
        if (_client.State.Status == GatewayClientStatus.Connected) _statistics.MessageSent(_client.TrySend("message", content));
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _reading;
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var _ in _client.ReadMessagesAsync()) _statistics.MessageReceived();
        }
        catch (GatewayClosedException)
        {
            // Counted as stopped, by the state.
        }
    }

    /// <summary>The client calls this for one change after another.</summary>
    private void OnState(GatewayClientState state)
    {
        var before = _status;
        _status = state.Status;
        if (before == GatewayClientStatus.Connected && _status != GatewayClientStatus.Connected) _statistics.ClientLost(state.LastDisconnect);
        else if (before == GatewayClientStatus.Connecting && _status is GatewayClientStatus.Waiting or GatewayClientStatus.Stopped) _statistics.AttemptFailed(state.LastDisconnect);

        if (state.Attempt > _attempts && _wasConnected) _statistics.ReconnectAttempted(state.Attempt - _attempts);
        _attempts = Math.Max(_attempts, state.Attempt);
        if (_status == GatewayClientStatus.Connected && before != GatewayClientStatus.Connected)
        {
            _statistics.ClientConnected(!_wasConnected, _time.GetElapsedTime(_started));
            _wasConnected = true;
        }

        if (_status == GatewayClientStatus.Stopped) _statistics.ClientStopped();
    }
}
