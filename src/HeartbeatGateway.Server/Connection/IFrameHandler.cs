using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Connection;

/// <summary>Acts on the frames that the read loop cuts out of the stream. Called on the read loop.</summary>
internal interface IFrameHandler
{
    /// <param name="connection">The connection that it came on.</param>
    /// <param name="frame">The frame; its bytes are valid during the call.</param>
    /// <param name="settings">The settings in force.</param>
    /// <param name="now">The timestamp of the read that brought it.</param>
    /// <param name="unixSeconds">The date of that read, in seconds since 1970-01-01 UTC.</param>
    /// <returns>Completed, unless the read loop has to pause.</returns>
    ValueTask Handle(GatewayConnection connection, in Frame frame, EngineSettings settings, long now, long unixSeconds);

    /// <summary>The frames of a read are handled. Answers that wait for that are queued now, behind the others.</summary>
    void EndRead(GatewayConnection connection);

    /// <summary>
    /// Handles the pings behind a ping like that one. A client that sends many at a time repeats the same bytes within a second: what holds for the
    /// first, its token included, holds for all.
    /// </summary>
    /// <param name="connection">The connection that they came on; the ping has just been answered on it.</param>
    /// <param name="ping">That ping.</param>
    /// <param name="bytes">The bytes behind it; on return, the bytes behind the last equal ping.</param>
    /// <param name="settings">The settings that it was handled under.</param>
    /// <param name="most">The largest number to handle.</param>
    void HandleRepeats(GatewayConnection connection, in Frame ping, ref ReadOnlySequence<byte> bytes, EngineSettings settings, int most);
}
