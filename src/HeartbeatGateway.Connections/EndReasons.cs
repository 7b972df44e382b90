using System.Net.Sockets;
using HeartbeatGateway.Protocol;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Connections;

/// <summary>The reason that an exception of a transport stands for.</summary>
internal static class EndReasons
{
    public static CloseReason Of(Exception exception, bool isStopping) => exception switch
    {
        ConnectionResetException or IOException or SocketException => CloseReason.PeerReset,
        ConnectionAbortedException or OperationCanceledException => isStopping ? CloseReason.Shutdown : CloseReason.PeerReset,
        _ => CloseReason.InternalError,
    };
}
