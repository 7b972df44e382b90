using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server;

/// <summary>The engine in a pipeline of connection middleware.</summary>
public static class GatewayConnectionBuilderExtensions
{
    /// <summary>
    /// Admits connections before what follows in the pipeline sees them: limits hold before TLS, and a handshake that fails is counted and
    /// named. The pipeline must end in <see cref="GatewayConnectionHandler"/>. The gateway's own liveness probe goes past all of it.
    /// </summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="engine">The engine.</param>
    public static IConnectionBuilder UseGatewayAdmission(this IConnectionBuilder builder, GatewayEngine engine)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(engine);
        return builder.Use(next => connection => Admit(engine, connection, next));
    }

    internal static Task Admit(GatewayEngine engine, ConnectionContext connection, ConnectionDelegate? next)
    {
        var running = engine.Admission.RunAsync(connection, next);
        engine.Admission.Arrived();
        return running;
    }
}
