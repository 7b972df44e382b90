using System.Diagnostics.CodeAnalysis;
using HeartbeatGateway.Client.Connection;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Client.Acknowledgements;

/// <summary>
/// The incoming side of one connection on which acknowledgements were granted. Used by its read loop. A method that finds a violation of the protocol returns
/// what the peer did, otherwise null.
/// </summary>
internal sealed class AcknowledgedConnection(ClientContext client, UnacknowledgedMessages messages, PushNumbers pushes, NumberedFrames outgoing, long generation)
{
    /// <summary>The highest generation that fits a numbered frame.</summary>
    private const long MaxGeneration = 9_999_999_999_999;

    private bool _isAcknowledgementDue;
    private bool _hasFreedRoom;

    /// <summary>A message was dropped because the client is being disposed: acknowledging a later one would acknowledge it too.</summary>
    private bool _hasLostMessage;

    /// <summary>Writes the numbered frames of this connection.</summary>
    public NumberedFrames Outgoing => outgoing;

    /// <summary>Begins what the gateway's answer grants. Null without a grant; the reason is logged, and the kept messages wait for another connection.</summary>
    /// <param name="client">The client, whose option is set.</param>
    /// <param name="welcome">The gateway's welcome; null when it has answered pings alone.</param>
    /// <param name="signer">Signs the frames of the connection.</param>
    /// <param name="tokens">Remembers their tokens.</param>
    /// <param name="events">Logs.</param>
    public static AcknowledgedConnection? Begin(ClientContext client, WelcomePayload? welcome, TokenSigner signer, SentTokens tokens, ConnectionEventReporter events)
    {
        if (client is not { Unacknowledged: { } messages, Pushes: { } pushes }) return null;
        if (!IsGranted(client, welcome))
        {
            messages.IsRefused = true;
            events.AcknowledgementsRefused(
                welcome is null ? "it does not answer the hello"
                : client.AsksForAcknowledgements ? "its welcome does not grant the feature ack"
                : "the current secrets do not cover the number of a frame, so the client has not asked for it",
                messages.Count);
            return null;
        }

        // Pings that came before this welcome looked like a gateway without hello.
        messages.IsRefused = false;
        pushes.Begin(welcome.Pushes!);
        var (resent, first) = messages.Resume(welcome.Accepted);
        events.AcknowledgementsGranted(resent, first);
        var outgoing = new NumberedFrames(client, signer, tokens, messages, welcome.Generation);
        outgoing.Acknowledge(pushes.Received);
        return new AcknowledgedConnection(client, messages, pushes, outgoing, welcome.Generation);
    }

    /// <summary>Why a welcome is not valid, or null.</summary>
    public static string? FaultOf(ClientContext client, WelcomePayload welcome) => IsGranted(client, welcome) switch
    {
        false => null,
        _ when welcome.Pushes is null => "sent a welcome that grants acknowledgements and lacks the field pushes",
        _ when welcome.Generation is < 0 or > MaxGeneration => "sent a welcome that grants acknowledgements and whose generation is no date in milliseconds",
        _ => null,
    };

    /// <summary>The gateway acknowledges messages of this client.</summary>
    public string? OnAcknowledged(in Frame frame)
    {
        if (ReadNumber(frame, out var number) is { } fault) return fault;
        if (number is null) return "sent an acknowledgement without a number";
        _hasFreedRoom = messages.TryAcknowledge(number.Value);
        if (!_hasFreedRoom) client.Logger.FrameIgnored(client.Name, frame.TypeText, "it acknowledges a number that was not sent");
        return null;
    }

    /// <summary>A message of the gateway arrives.</summary>
    public string? OnMessage(in Frame frame)
    {
        if (ReadNumber(frame, out var number) is { } fault) return fault;
        if (number is not { } n)
        {
            client.Receive(frame, number: null);
            return null;
        }

        if (n == 0) return "sent a message with the number 0";
        if (pushes.IsDuplicate(n)) client.Metrics.DuplicateReceived();
        else if (_hasLostMessage) client.Drops.Report(MessageDropReason.ReceiveQueueFull, 1);
        else if (client.Receive(frame, n) || client.Options.ReceiveQueueFullMode != ReceiveQueueFull.Wait) pushes.Take(n);
        else _hasLostMessage = true;
        _isAcknowledgementDue = true;
        return null;
    }

    /// <summary>The frames of a read are handled: one acknowledgement is sent for all of them.</summary>
    /// <returns>True when the sender has something to do.</returns>
    public bool EndRead()
    {
        if (_isAcknowledgementDue) outgoing.Acknowledge(pushes.Received);
        var mustSend = _isAcknowledgementDue || _hasFreedRoom;
        _isAcknowledgementDue = _hasFreedRoom = false;
        return mustSend;
    }

    private static bool IsGranted(ClientContext client, [NotNullWhen(true)] WelcomePayload? welcome) =>
        welcome is not null && client.AsksForAcknowledgements && welcome.Features.Contains(ProtocolFeatures.Ack);

    private string? ReadNumber(in Frame frame, out long? number)
    {
        number = null;
        switch (frame.ReadNumber(out var read))
        {
            case FrameNumberStatus.None:
                return null;
            case FrameNumberStatus.Numbered when read.Generation == generation:
                number = read.Number;
                return null;
            case FrameNumberStatus.Numbered:
                return $"sent a frame with the generation {read.Generation}, which is not that of the connection, {generation}";
            default:
                return "sent a frame whose number is malformed";
        }
    }
}
