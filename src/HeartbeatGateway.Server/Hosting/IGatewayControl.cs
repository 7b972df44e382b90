using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Hosting;

/// <summary>What the host does with the gateway.</summary>
internal interface IGatewayControl
{
    void Start();

    Task StopAsync(TimeSpan duration, CancellationToken cancellationToken);

    void Reconfigure(GatewayOptions options);
}
