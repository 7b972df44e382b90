using System.Net.WebSockets;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.WebSockets;

/// <summary>The codes of WebSocket close frames (RFC 6455, section 7.4.1). The text beside the code is the close reason, which says more.</summary>
internal static class WebSocketCloseCodes
{
    /// <param name="reason">Why the connection was closed.</param>
    /// <param name="isText">A text message was the reason.</param>
    public static WebSocketCloseStatus Of(CloseReason reason, bool isText) => reason switch
    {
        CloseReason.None or CloseReason.PeerClosed => WebSocketCloseStatus.NormalClosure,
        CloseReason.Draining or CloseReason.Shutdown or CloseReason.MaxAge => WebSocketCloseStatus.EndpointUnavailable,
        CloseReason.BadLength => WebSocketCloseStatus.MessageTooBig,
        CloseReason.InternalError => WebSocketCloseStatus.InternalServerError,
        CloseReason.WebSocketInvalid when isText => WebSocketCloseStatus.InvalidMessageType,
        _ => WebSocketCloseStatus.PolicyViolation,
    };

    public static string TextOf(CloseReason reason) => reason == CloseReason.None ? "" : reason.ToWireName();
}
