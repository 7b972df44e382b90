using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Transports;
using HeartbeatGateway.Tls;
using HeartbeatGateway.Transport;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HeartbeatGateway.WebSockets;

/// <summary>The endpoint for WebSockets. With <c>Gateway:Tls</c> it has the certificate of the TCP endpoint, and its URLs begin with wss.</summary>
internal static class WebSocketEndpoint
{
    /// <exception cref="GatewayOptionsException">The address cannot be used.</exception>
    public static void Listen(KestrelServerOptions kestrel, ServiceOptions options)
    {
        if (!GatewayEndPoint.TryParse(options.WebSocket.Endpoint!, out var endPoint, out var error)) throw new GatewayOptionsException([$"Gateway:WebSocket:Endpoint {error}"]);
        kestrel.Listen(new GatewayEndPoint(endPoint!.Address, TransportKind.WebSocket), endpoint =>
        {
            endpoint.UseHeartbeatGatewayAdmission();
            if (options.Tls.IsOn()) kestrel.ApplicationServices.GetRequiredService<TlsLayer>().Use(endpoint);
            kestrel.ApplicationServices.GetRequiredService<WebSocketLayer>().Use(endpoint);
            endpoint.UseHeartbeatGateway();
        });
    }
}
