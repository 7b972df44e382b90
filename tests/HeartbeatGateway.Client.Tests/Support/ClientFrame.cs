using System.Buffers;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>A frame as the gateway received it.</summary>
internal sealed record ClientFrame(string Type, byte[] Content, string Token, string Created, TokenOutcome Outcome)
{
    /// <summary>The number of a numbered frame; null without one. Fails when the text after the date is malformed.</summary>
    public FrameNumber? Number
    {
        get
        {
            var status = FrameNumber.Read(Encoding.ASCII.GetBytes(Created), out var number);
            Assert.NotEqual(FrameNumberStatus.Malformed, status);
            return status == FrameNumberStatus.Numbered ? number : null;
        }
    }

    public string Text => Encoding.UTF8.GetString(Content);

    public HelloPayload Hello
    {
        get
        {
            var reading = HelloPayload.Read(new ReadOnlySequence<byte>(Content));
            Assert.Equal((HelloOutcome.Valid, null), (reading.Outcome, reading.Fault));
            return reading.Hello!;
        }
    }
}
