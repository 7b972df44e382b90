using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Server;

/// <summary>Puts the gateway into a pipeline of connection middleware, such as a Kestrel endpoint.</summary>
public static class HeartbeatGatewayConnectionBuilderExtensions
{
    /// <summary>Ends the pipeline in the gateway: <c>kestrel.ListenAnyIP(8081, endpoint => endpoint.UseHeartbeatGateway())</c>.</summary>
    /// <param name="builder">The pipeline. Its services hold the gateway, see <see cref="HeartbeatGatewayServiceCollectionExtensions"/>.</param>
    public static IConnectionBuilder UseHeartbeatGateway(this IConnectionBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Run(builder.ApplicationServices.GetRequiredService<GatewayEngine>().Handler.OnConnectedAsync);
    }

    /// <summary>
    /// Admits connections before the middleware that follows: limits hold before TLS, and a failed handshake is counted and named. The pipeline must end
    /// in <see cref="UseHeartbeatGateway"/>. The gateway's own liveness probe skips all of it.
    /// </summary>
    /// <param name="builder">The pipeline.</param>
    public static IConnectionBuilder UseHeartbeatGatewayAdmission(this IConnectionBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var handler = builder.ApplicationServices.GetRequiredService<GatewayEngine>().Handler;
        return builder.Use(next => connection => handler.AdmitAsync(connection, next));
    }
}
