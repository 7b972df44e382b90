namespace HeartbeatGateway.Protocol.Frames;

/// <summary>The kind of a frame, given by its type. All kinds but ping, hello, welcome, close and ack are application messages.</summary>
public enum FrameKind
{
    /// <summary>An application message with any type that is not listed below.</summary>
    Other,

    /// <summary><c>ping</c>: a heartbeat, or the answer to one.</summary>
    Ping,

    /// <summary><c>hello</c>: the client gives its client id.</summary>
    Hello,

    /// <summary><c>welcome</c>: the gateway's answer to a hello.</summary>
    Welcome,

    /// <summary><c>close</c>: the gateway gives the reason why it closes the connection.</summary>
    Close,

    /// <summary><c>message</c>: an application message with the type that the Netty heartbeat tutorial ("the article") uses.</summary>
    Message,

    /// <summary>
    /// <c>ack</c>: acknowledges numbered frames, where the feature <see cref="Identity.ProtocolFeatures.Ack"/> was granted. Without it, an application message.
    /// </summary>
    Ack,
}
