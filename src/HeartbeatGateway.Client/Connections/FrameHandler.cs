using System.Buffers;
using HeartbeatGateway.Client.Reconnecting;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Connections;

/// <summary>Takes frames off what was read. Nothing that a frame says is believed before its token has verified.</summary>
internal sealed class FrameHandler(ConnectionContext context, Func<string?, bool> hasSent)
{
    private FrameReader _reader;

    /// <returns>False when more bytes are needed.</returns>
    public bool TryHandle(ref ReadOnlySequence<byte> buffer, out FrameNews news)
    {
        news = default;
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        switch (_reader.TryRead(ref buffer, scratch, context.Options.MaxContentBytes, FrameResync.Strict, out var frame))
        {
            case FrameReadStatus.Incomplete:
                return false;
            case FrameReadStatus.Complete:
                news = Handle(frame);
                return true;
            case FrameReadStatus.BadLength:
                news = Violation($"it sent a frame whose length is negative or above {context.Options.MaxContentBytes} ({nameof(GatewayClientOptions.MaxContentBytes)})");
                return true;
            default:
                news = Violation("it sent bytes that are no frame");
                return true;
        }
    }

    private FrameNews Handle(in Frame frame)
    {
        var verdict = context.Keyring.Verify(frame, context.Clock.UnixSeconds);
        if (frame.Kind == FrameKind.Close && verdict.Signer is not null && ClosePayload.TryParse(frame.Content, out var close)) return Close(close, verdict);
        if (!verdict.IsVerified)
        {
            return Violation(verdict.Outcome switch
            {
                TokenOutcome.Expired or TokenOutcome.Future => "it sent a frame whose date is too far from this machine's clock",
                TokenOutcome.BadDate => "it sent a frame without a date that exists",
                _ => "it sent a frame whose token does not verify",
            });
        }

        switch (frame.Kind)
        {
            case FrameKind.Ping:
                return new FrameNews(true, null, null);
            case FrameKind.Welcome when context.Options.ClientId is not null:
                return WelcomePayload.TryParse(frame.Content, out var welcome) ? new FrameNews(false, welcome, null) : Violation("it sent a welcome that lacks a field or breaks its rule");
            case FrameKind.Close:
                return Violation("it sent a close that lacks a field or breaks its rule");
            default:
                context.Metrics.Received();
                context.MessageReceived(new GatewayClientMessage(frame.TypeText, frame.Content.ToArray(), context.TimeProvider.GetUtcNow()));
                return default;
        }
    }

    private FrameNews Close(ClosePayload close, TokenVerdict verdict)
    {
        // A recorded one must not set the clock: it has to quote what this connection has sent.
        var isAboutTheClock = close.Reason == CloseReason.TokenExpired && hasSent(close.InReplyTo);
        if (!verdict.IsVerified && !isAboutTheClock) return Violation("it sent a close whose date is too far from this machine's clock");
        if (isAboutTheClock) context.Clock.Follow(close.ServerTime);
        return new FrameNews(false, null, new AttemptResult(ConnectionEnds.ClosedBy(close), null, close.After, isAboutTheClock));
    }

    private static FrameNews Violation(string fault) => new(false, null, new AttemptResult(ConnectionEnds.Violation(fault), null));
}
