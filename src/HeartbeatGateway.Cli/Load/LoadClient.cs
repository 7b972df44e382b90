using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Load;

/// <summary>One client of a load run. It counts its events in the statistics.</summary>
internal sealed class LoadClient : IAsyncDisposable
{
    private readonly GatewayClient _client;
    private readonly LoadStatistics _statistics;
    private readonly TimeProvider _time;
    private readonly bool _isAcknowledged;
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
        _isAcknowledged = options.Acknowledgements;
        _client.StateChanged += (_, state) => OnState(state);
        _client.HeartbeatAnswered += (_, rtt) => statistics.Rtt.Record(rtt);
        _client.MessagesDropped += (_, dropped) => statistics.MessagesDropped(dropped.Count);
    }

    public void Start()
    {
        _started = _time.GetTimestamp();
        _client.Start();
        _reading = ReadAsync();
    }

    /// <summary>Sends only while connected; a message that waits for a reconnect puts no load on the gateway.</summary>
    public void Send(ReadOnlyMemory<byte> content)
    {
        if (_client.State.Status != GatewayClientStatus.Connected) return;
        if (_isAcknowledged) _ = SendAcknowledgedAsync(content);
        else _statistics.MessageSent(_client.TrySend("message", content));
    }

    /// <summary>With acknowledgements: the counts of this client.</summary>
    public AcknowledgementCounts Acknowledgements => _client.Acknowledgements;

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _reading;
    }

    private async Task SendAcknowledgedAsync(ReadOnlyMemory<byte> content)
    {
        var start = _time.GetTimestamp();
        var sending = _client.SendAcknowledgedAsync("message", content);
        // A full queue, or a gateway that acknowledges nothing, refuses at once.
        _statistics.MessageSent(!sending.IsFaulted);
        try
        {
            await sending;
            _statistics.AcknowledgementTime.Record(_time.GetElapsedTime(start));
        }
        catch (Exception e) when (e is SendQueueFullException or MessageNotAcknowledgedException or MessageTooLargeException or GatewayClosedException or ObjectDisposedException)
        {
            // The report counts messages without an acknowledgement as refused or lost.
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var _ in _client.ReadMessagesAsync()) _statistics.MessageReceived();
        }
        catch (GatewayClosedException)
        {
            // OnState counts this client as stopped.
        }
    }

    /// <summary>The client calls this once per state change, never concurrently.</summary>
    private void OnState(GatewayClientState state)
    {
        var before = _status;
        _status = state.Status;
        if (before == GatewayClientStatus.Connected && _status != GatewayClientStatus.Connected)
        {
            _statistics.ClientLost(state.LastDisconnect);
        }
        else if (before == GatewayClientStatus.Connecting && _status is GatewayClientStatus.Waiting or GatewayClientStatus.Stopped)
        {
            _statistics.AttemptFailed(state.LastDisconnect);
        }

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
