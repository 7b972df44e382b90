namespace HeartbeatGateway.Client;

/// <summary>A message is larger than the content limit of the gateway.</summary>
public sealed class MessageTooLargeException : ArgumentException
{
    /// <summary>Creates an exception with both sizes.</summary>
    /// <param name="contentBytes">The content of the message, in bytes.</param>
    /// <param name="maxContentBytes">The limit, in bytes.</param>
    /// <param name="isStatedByGateway">True when the gateway stated the limit, false for the client's own MaxContentBytes.</param>
    /// <param name="paramName">The parameter with the message.</param>
    public MessageTooLargeException(int contentBytes, int maxContentBytes, bool isStatedByGateway, string? paramName = null)
        : base(Describe(contentBytes, maxContentBytes, isStatedByGateway), paramName) => (ContentBytes, MaxContentBytes) = (contentBytes, maxContentBytes);

    /// <summary>The content of the message, in bytes.</summary>
    public int ContentBytes { get; }

    /// <summary>The limit, in bytes.</summary>
    public int MaxContentBytes { get; }

    private static string Describe(int contentBytes, int maxContentBytes, bool isStatedByGateway) => isStatedByGateway
        ? $"The message has {contentBytes} bytes of content; the gateway accepts at most {maxContentBytes}. Send smaller messages, or raise the gateway's limit."
        : $"The message has {contentBytes} bytes of content; MaxContentBytes is {maxContentBytes}, and the gateway has not stated another limit.";
}
