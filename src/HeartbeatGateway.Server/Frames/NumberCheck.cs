using System.Globalization;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Server.Frames;

/// <summary>Checks what follows the date of a frame on a connection with the feature <c>ack</c>. A number with another generation comes from another connection.</summary>
internal static class NumberCheck
{
    /// <returns>What is wrong, for the log; null when the frame is to be handled.</returns>
    public static string? FindFault(in Frame frame, ClientSession session, out FrameNumber? number)
    {
        number = null;
        // Neither is numbered, and what follows their dates has no meaning.
        if (frame.Kind is FrameKind.Ping or FrameKind.Hello) return null;
        var status = frame.ReadNumber(out var read);
        if (status == FrameNumberStatus.None) return frame.Kind == FrameKind.Ack ? "an ack frame needs ' n=<number> g=<generation>' after its date" : null;
        if (status == FrameNumberStatus.Malformed) return "the text after the date begins with ' n=' and is not ' n=<number> g=<generation>', in decimal digits without leading zeros";
        if (read.Generation != session.Generation)
        {
            return string.Create(CultureInfo.InvariantCulture, $"the frame has the generation g={read.Generation}, and the welcome of this connection has {session.Generation}");
        }

        if (read.Number == 0 && frame.Kind != FrameKind.Ack) return "the frame has the number n=0; numbers of messages begin at 1";
        number = read;
        return null;
    }
}
