using System.Text.Json.Serialization;
using HeartbeatGateway.Api.Nodes;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Api.Status;

/// <summary>The gateway at one moment.</summary>
/// <param name="Version">Its version.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="UptimeSeconds">Time since then.</param>
/// <param name="IsStopping">It closes its connections to stop.</param>
/// <param name="IsDraining">It refuses new connections and closes the open ones: for an operator, or to stop.</param>
/// <param name="ConnectedClients">Connections that brought a valid frame.</param>
/// <param name="OpenConnections">Open connections, with and without a valid frame.</param>
/// <param name="Watermark">The number of the last presence event.</param>
/// <param name="Sinks">The sinks of application messages in use.</param>
/// <param name="Caller">The caller's key.</param>
/// <param name="Scope">What it may do.</param>
internal sealed record GatewayStatus(
    string Version, DateTimeOffset StartedAt, double UptimeSeconds, bool IsStopping, bool IsDraining, int ConnectedClients, int OpenConnections, long Watermark,
    IReadOnlyList<SinkSummary> Sinks, string Caller, string Scope)
{
    /// <summary>The cluster as a whole; absent without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ClusterSummary? Cluster { get; init; }
}

/// <summary>A sink of application messages, with counts of one moment: taken = delivered + rejected + dropped + waiting + in flight.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsRequired">Senders wait for it, and a message is acknowledged only when it is responsible.</param>
/// <param name="IsStopped">It takes and delivers nothing: its receiver is gone.</param>
/// <param name="Taken">Messages that entered it.</param>
/// <param name="Delivered">Messages that its receiver has.</param>
/// <param name="Rejected">Messages that its receiver refused for good.</param>
/// <param name="Dropped">Messages that it gave up.</param>
/// <param name="Waiting">Messages that wait in it.</param>
/// <param name="InFlight">Messages that it is delivering.</param>
internal sealed record SinkSummary(
    string Name, bool IsRequired, bool IsStopped, long Taken, long Delivered, long Rejected, long Dropped, long Waiting, long InFlight)
{
    public static SinkSummary Of(SinkStatus sink) => new(
        sink.Name, sink.IsRequired, sink.IsStopped, sink.Counts.Taken, sink.Counts.Delivered, sink.Counts.Rejected, sink.Counts.Dropped, sink.Counts.Waiting, sink.Counts.InFlight);
}
