using HeartbeatGateway.Client.Acknowledgements;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Client.Connection;

/// <summary>The messages of one connection in both directions: with numbers where the gateway acknowledges them, otherwise without. Used by the read loop.</summary>
internal sealed class MessageExchange(ClientContext client, FrameSender sender, SentTokens tokens, ConnectionEventReporter events)
{
    private AcknowledgedConnection? _acknowledged;
    private bool _awaitsWelcome;

    /// <summary>The gateway acknowledges messages.</summary>
    public bool IsAcknowledged => Volatile.Read(ref _acknowledged) is not null;

    /// <summary>Why a welcome is not valid, or null.</summary>
    public string? FaultOf(WelcomePayload welcome) => AcknowledgedConnection.FaultOf(client, welcome);

    /// <summary>The gateway has answered: messages may be sent.</summary>
    /// <param name="welcome">Its welcome; null when it has answered a ping.</param>
    public void Open(WelcomePayload? welcome)
    {
        // Where messages are to be numbered, one answered ping is no proof yet that the gateway does not answer the hello.
        _awaitsWelcome = welcome is null && client.AsksForAcknowledgements;
        if (!_awaitsWelcome) Begin(welcome);
    }

    /// <summary>The gateway has answered one more ping: a gateway that knows the hello has answered it before.</summary>
    public void OnAnotherPing()
    {
        if (_awaitsWelcome) Begin(null);
    }

    /// <summary>True for a message of the gateway. Without acknowledgements the type <c>ack</c> has no meaning.</summary>
    public bool IsMessage(FrameKind kind) => kind is FrameKind.Other or FrameKind.Message or FrameKind.Hello || (kind == FrameKind.Ack && !IsAcknowledged);

    /// <summary>Takes a message or an acknowledgement.</summary>
    /// <returns>What the peer did against the protocol, or null.</returns>
    public string? Handle(in Frame frame)
    {
        if (_acknowledged is { } acknowledged) return frame.Kind == FrameKind.Ack ? acknowledged.OnAcknowledged(frame) : acknowledged.OnMessage(frame);
        client.Receive(frame, number: null);
        return null;
    }

    /// <summary>The frames of a read are handled: acknowledges the messages that are in the inbox now.</summary>
    public void EndRead()
    {
        if (_acknowledged is { } acknowledged && acknowledged.EndRead()) sender.Wake();
    }

    private void Begin(WelcomePayload? welcome)
    {
        _awaitsWelcome = false;
        Volatile.Write(ref _acknowledged, AcknowledgedConnection.Begin(client, welcome, sender.Signer, tokens, events));
        sender.Open(_acknowledged?.Outgoing);
    }
}
