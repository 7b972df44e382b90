using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Connections;

/// <summary>Hands connections of any transport to the engine: <c>endpoint.UseConnectionHandler&lt;GatewayConnectionHandler&gt;()</c>.</summary>
public sealed class GatewayConnectionHandler(GatewayEngine engine) : ConnectionHandler
{
    /// <summary>Completes when the connection has ended and is off the books. Never throws.</summary>
    public override Task OnConnectedAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var running = engine.RunAsync(connection, connection.Features.Get<ILivenessProbeFeature>() is not null);
        connection.Features.Get<IAcceptedFeature>()?.Entered();
        return running;
    }
}
