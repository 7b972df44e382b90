using System.Net;

namespace HeartbeatGateway.Client.Connection;

/// <summary>Logs and counts the results of attempts. An outage writes one log line when it begins and one when it ends.</summary>
internal sealed class ConnectionEventReporter(ClientContext client)
{
    private bool _wasConnected;
    private bool _hasLoggedFailure;
    private long _lostAt;

    public void Accepted(EndPoint endpoint, GatewayClientState state)
    {
        var heartbeat = state.Heartbeat.TotalSeconds;
        if (_wasConnected)
        {
            var outage = client.TimeProvider.GetElapsedTime(_lostAt).TotalSeconds;
            client.Logger.Reconnected(endpoint, outage, state.Attempt, state.SessionId, state.Resumed, heartbeat);
        }
        else
        {
            client.Logger.Connected(endpoint, state.Attempt, state.SessionId, heartbeat);
        }

        client.Metrics.Accepted(again: _wasConnected);
        _wasConnected = true;
    }

    public void Lost(EndPoint endpoint, TimeSpan lived, DisconnectInfo end)
    {
        _lostAt = client.TimeProvider.GetTimestamp();
        client.Metrics.Disconnected(end.Kind);
        if (end.Kind != DisconnectKind.Disposed) client.Logger.ConnectionLost(endpoint, lived.TotalSeconds, end.Message);
    }

    public void AttemptFailed(DisconnectInfo end)
    {
        client.Metrics.AttemptFailed(end.Kind);
        client.Logger.AttemptFailed(client.Identity.Attempt, end.Kind, end.Message);
        if (_wasConnected || _hasLoggedFailure || end.Kind == DisconnectKind.Disposed) return;
        _hasLoggedFailure = true;
        client.Logger.FirstAttemptFailed(end.Message);
    }
}
