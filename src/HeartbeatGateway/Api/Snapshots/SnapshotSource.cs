using HeartbeatGateway.Cluster;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Health;
using HeartbeatGateway.Server;

namespace HeartbeatGateway.Api.Snapshots;

/// <summary>Takes snapshots. The rate is that since the snapshot before. Not thread-safe.</summary>
internal sealed class SnapshotSource(IHeartbeatGateway gateway, CounterReader counters, Readiness readiness, ReloadStatus reloads, NodeQuestions nodes, TimeProvider timeProvider)
{
    private long _lastTaken = timeProvider.GetTimestamp();
    private long _lastHeartbeats;

    public Snapshot Take()
    {
        var taken = timeProvider.GetTimestamp();
        var reading = counters.Read();
        var heartbeats = reading.Count("heartbeats");
        var seconds = timeProvider.GetElapsedTime(_lastTaken, taken).TotalSeconds;
        var rate = seconds > 0 ? Math.Round((heartbeats - _lastHeartbeats) / seconds, 1) : 0;
        (_lastTaken, _lastHeartbeats) = (taken, heartbeats);
        return new Snapshot
        {
            Time = ApiTime.Of(timeProvider.GetUtcNow()),
            Node = nodes.NameInLists,
            Connected = gateway.ConnectedClients,
            Open = gateway.OpenConnections,
            HeartbeatsPerSecond = rate,
            Heartbeats = heartbeats,
            Timeouts = reading.Count("timeouts"),
            TimeoutCauses = reading.TimeoutCauses,
            Reconnects = reading.Count("reconnects"),
            Opened = reading.Count("connections.opened"),
            Closed = reading.Count("connections.closed"),
            Rejected = reading.Count("connections.rejected"),
            Rejections = reading.Rejections,
            Stalls = reading.Count("stalls"),
            StallSeconds = Math.Round(reading.Total("stall"), 3),
            IsDraining = reading.Total("draining") > 0,
            NotReady = readiness.Obstacle,
            ConfigurationRefused = reloads.Refusal,
        };
    }
}
