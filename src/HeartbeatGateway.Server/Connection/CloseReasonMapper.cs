using System.Buffers;
using System.Net.Sockets;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Connection;

/// <summary>The close reasons that faults of a transport, and of the bytes on it, stand for.</summary>
internal static class CloseReasonMapper
{
    /// <summary>A PROXY header where a frame must start comes from a proxy that is not trusted, or from a peer that pretends to be one.</summary>
    public static CloseReason Of(FrameReadStatus status, in ReadOnlySequence<byte> bytes, bool isConnected) => status switch
    {
        FrameReadStatus.BadMagic when !isConnected && ProxySignature.IsLikely(bytes) => CloseReason.ProxyInvalid,
        FrameReadStatus.BadMagic => CloseReason.BadMagic,
        FrameReadStatus.BadLength => CloseReason.BadLength,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "This is no fault."),
    };

    public static CloseReason Of(Exception exception, bool isStopping) => exception switch
    {
        TransportViolationException => CloseReason.WebSocketInvalid,
        ConnectionResetException or IOException or SocketException => CloseReason.PeerReset,
        ConnectionAbortedException or OperationCanceledException => isStopping ? CloseReason.Shutdown : CloseReason.PeerReset,
        _ => CloseReason.InternalError,
    };
}
