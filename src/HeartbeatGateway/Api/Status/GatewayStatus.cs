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
    IReadOnlyList<SinkSummary> Sinks, string Caller, string Scope);

/// <summary>A sink of application messages.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsRequired">Senders wait for it, and a message is acknowledged only when it is responsible.</param>
/// <param name="IsStopped">It takes and delivers nothing: its receiver is gone.</param>
/// <param name="Waiting">Messages that wait in it.</param>
/// <param name="InFlight">Messages that it is delivering.</param>
internal sealed record SinkSummary(string Name, bool IsRequired, bool IsStopped, long Waiting, long InFlight);
