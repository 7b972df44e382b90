namespace HeartbeatGateway.Client.Queues;

/// <summary>The largest content that may be sent: the limit in the most recent welcome, otherwise the client's own MaxContentBytes.</summary>
internal sealed class SendLimit(int own)
{
    /// <summary>The limit that the gateway stated; -1 when it stated none.</summary>
    private int _stated = -1;

    public void Set(int? statedByGateway) => Volatile.Write(ref _stated, statedByGateway ?? -1);

    public bool Allows(int contentBytes) => contentBytes <= (Volatile.Read(ref _stated) is >= 0 and var stated ? stated : own);

    /// <summary>The exception for content above the limit.</summary>
    public MessageTooLargeException ExceededBy(int contentBytes, string? paramName = null)
    {
        var stated = Volatile.Read(ref _stated);
        return new MessageTooLargeException(contentBytes, stated >= 0 ? stated : own, stated >= 0, paramName);
    }

    /// <exception cref="MessageTooLargeException">The content is above the limit.</exception>
    public void Check(int contentBytes, string paramName)
    {
        if (!Allows(contentBytes)) throw ExceededBy(contentBytes, paramName);
    }
}
