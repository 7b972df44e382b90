using System.Net;

namespace HeartbeatGateway.Client.Connection;

/// <summary>Logs and counts the results of attempts. An outage writes one log line when it begins and one when it ends.</summary>
internal sealed class ConnectionEventReporter(ClientContext client)
{
    private bool _wasConnected;
    private bool _hasLoggedFailure;
    private long _lostAt;
    private bool _wasRefused;

    public void Accepted(EndPoint endpoint, GatewayClientState state)
    {
        var heartbeat = state.Heartbeat.TotalSeconds;
        if (_wasConnected)
        {
            var outage = client.TimeProvider.GetElapsedTime(_lostAt).TotalSeconds;
            client.Logger.Reconnected(client.Name, endpoint, outage, state.Attempt, state.SessionId, state.Resumed, heartbeat);
        }
        else
        {
            client.Logger.Connected(client.Name, endpoint, state.Attempt, state.SessionId, heartbeat);
        }

        client.Metrics.Accepted(again: _wasConnected);
        _wasConnected = true;
    }

    /// <summary>Logs that unacknowledged messages are sent again.</summary>
    public void AcknowledgementsGranted(int resent, long first)
    {
        _wasRefused = false;
        if (resent > 0) client.Logger.MessagesResent(client.Name, resent, first);
    }

    /// <summary>Logs that the gateway acknowledges nothing, once until it does.</summary>
    public void AcknowledgementsRefused(string cause, int kept)
    {
        if (!_wasRefused) client.Logger.AcknowledgementsNotGranted(client.Name, cause, kept);
        _wasRefused = true;
    }

    public void Lost(EndPoint endpoint, TimeSpan lived, DisconnectInfo end)
    {
        _lostAt = client.TimeProvider.GetTimestamp();
        client.Metrics.Disconnected(end.Kind);
        if (end.Kind != DisconnectKind.Disposed) client.Logger.ConnectionLost(client.Name, endpoint, lived.TotalSeconds, end.Message);
    }

    public void AttemptFailed(DisconnectInfo end)
    {
        client.Metrics.AttemptFailed(end.Kind);
        client.Logger.AttemptFailed(client.Name, client.Identity.Attempt, end.Kind, end.Message);
        if (_wasConnected || _hasLoggedFailure || end.Kind == DisconnectKind.Disposed) return;
        _hasLoggedFailure = true;
        client.Logger.FirstAttemptFailed(client.Name, end.Message);
    }
}
