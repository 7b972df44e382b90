using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server;

/// <summary>
/// Hands connections of any transport to the engine: <c>endpoint.UseConnectionHandler&lt;GatewayConnectionHandler&gt;()</c>. With TLS between,
/// <see cref="GatewayConnectionBuilderExtensions.UseGatewayAdmission"/> stands before that.
/// </summary>
public sealed class GatewayConnectionHandler(GatewayEngine engine) : ConnectionHandler
{
    /// <summary>Completes when the connection has ended and is off the books. Never throws.</summary>
    public override Task OnConnectedAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.Features.Get<GatewayConnection>() is { } admitted) return admitted.RunAsync();
        return GatewayConnectionBuilderExtensions.Admit(engine, connection, next: null);
    }
}
