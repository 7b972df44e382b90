using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HeartbeatGateway.Client;

/// <summary>Reports the state of one client to the host's health checks.</summary>
internal sealed class GatewayClientHealthCheck(GatewayClient client) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var state = client.State;
        var status = state.Status switch
        {
            GatewayClientStatus.Connected => HealthStatus.Healthy,
            GatewayClientStatus.Stopped => context.Registration.FailureStatus,
            _ => HealthStatus.Degraded,
        };
        var end = status == HealthStatus.Healthy || state.LastDisconnect is null ? "" : $": {state.LastDisconnect.Message}";
        return Task.FromResult(new HealthCheckResult(status, $"The client is {state.Status}{end}"));
    }
}
