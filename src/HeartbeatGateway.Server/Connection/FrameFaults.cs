using System.Buffers;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Connection;

/// <summary>Makes the close request for bytes that are no frame: the reason, the value seen and the limit.</summary>
internal static class FrameFaults
{
    /// <summary>Bytes shown of what is not the start of a frame.</summary>
    private const int MaxShownBytes = 8;

    /// <param name="status">The fault.</param>
    /// <param name="bytes">The bytes from where a frame must start.</param>
    /// <param name="isConnected">A valid frame was read before.</param>
    /// <param name="limit">The largest content now, in bytes.</param>
    /// <param name="limitOfClients">The largest content after the first valid frame, in bytes.</param>
    public static CloseRequest Of(FrameReadStatus status, in ReadOnlySequence<byte> bytes, bool isConnected, int limit, int limitOfClients)
    {
        var reason = CloseReasonMapper.Of(status, bytes, isConnected);
        var detail = reason switch
        {
            CloseReason.BadLength => CloseDetails.BadLength(FrameReader.ClaimedLength(bytes), limit, limitOfClients),
            CloseReason.BadMagic => CloseDetails.BadMagic(bytes.Slice(0, Math.Min(bytes.Length, MaxShownBytes)).ToArray()),
            CloseReason.ProxyInvalid => "a PROXY header from an address that is in no network of Gateway:Proxy:TrustedNetworks",
            _ => null,
        };
        return new CloseRequest(reason) { Detail = detail };
    }
}
