using System.Text;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>A frame that a client sent.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Content">Its content.</param>
/// <param name="Token">Its token.</param>
/// <param name="Number">Its number; null for none. A malformed number fails the test.</param>
internal sealed record ScriptedFrame(string Type, byte[] Content, string Token, FrameNumber? Number)
{
    public string Text => Encoding.UTF8.GetString(Content);
}
