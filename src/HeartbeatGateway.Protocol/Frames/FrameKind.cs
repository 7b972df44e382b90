namespace HeartbeatGateway.Protocol.Frames;

/// <summary>What a frame's type says it is. Everything but ping and the extensions is an application message.</summary>
public enum FrameKind
{
    /// <summary>An application message under a type of its own.</summary>
    Other,

    /// <summary><c>ping</c>: a heartbeat or its answer.</summary>
    Ping,

    /// <summary><c>hello</c>: a client names itself.</summary>
    Hello,

    /// <summary><c>welcome</c>: the gateway's answer to a hello.</summary>
    Welcome,

    /// <summary><c>close</c>: the gateway says why it closes.</summary>
    Close,

    /// <summary><c>message</c>: an application message under the article's type.</summary>
    Message,
}
