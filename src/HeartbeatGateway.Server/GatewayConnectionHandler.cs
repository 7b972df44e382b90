using HeartbeatGateway.Server.Admission;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server;

/// <summary>
/// Takes connections of any transport: <c>endpoint.UseHeartbeatGateway()</c>. With TLS between, <c>UseHeartbeatGatewayAdmission</c> stands before the TLS
/// middleware.
/// </summary>
public sealed class GatewayConnectionHandler : ConnectionHandler
{
    private readonly ConnectionAdmission _admission;

    internal GatewayConnectionHandler(ConnectionAdmission admission) => _admission = admission;

    /// <summary>Completes when the connection has ended and is removed. Never throws.</summary>
    /// <param name="connection">The connection.</param>
    public override Task OnConnectedAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return _admission.RunAsync(connection, layer: null);
    }

    /// <summary>Admits a connection, then hands it to the layer before its read loop.</summary>
    internal Task AdmitAsync(ConnectionContext connection, ConnectionDelegate layer) => _admission.RunAsync(connection, layer);
}
