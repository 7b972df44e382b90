using System.Net;
using HeartbeatGateway.Cli.Frames;

namespace HeartbeatGateway.Cli.Proxy;

/// <summary>Shows what passes. Called from several threads; must not wait for the output.</summary>
internal interface IProxyView
{
    void Listening(EndPoint listen, EndPoint target);

    void Opened(long connection, EndPoint? device, EndPoint? gateway);

    /// <summary>A frame, or the first bytes of a sequence that is no frame.</summary>
    /// <param name="connection">The number of the connection.</param>
    /// <param name="direction">The direction of the bytes.</param>
    /// <param name="offset">Offset of the part from the start of the stream.</param>
    /// <param name="bytes">The bytes that the part describes.</param>
    /// <param name="part">The explanation; its offsets count from the start of <paramref name="bytes"/>.</param>
    void Part(long connection, ProxyDirection direction, long offset, ReadOnlyMemory<byte> bytes, ExplainedPart part);

    /// <summary>More bytes that are no frame followed the shown part; they are forwarded and not shown.</summary>
    void MoreStray(long connection, ProxyDirection direction, long bytes);

    void Note(long? connection, string text);

    void Ended(long connection, string reason, ProxyTraffic toGateway, ProxyTraffic toClient);
}
