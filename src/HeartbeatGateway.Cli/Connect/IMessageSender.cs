namespace HeartbeatGateway.Cli.Connect;

/// <summary>Sends messages and follows them to where their delivery is certain.</summary>
internal interface IMessageSender
{
    /// <summary>The type of the next messages.</summary>
    string Type { get; set; }

    /// <summary>Queues a message in the client. Waits while the client's queue is full.</summary>
    /// <returns>Null, or why the client refuses the message; a refused message does not count.</returns>
    Task<string?> SendAsync(byte[] content, CancellationToken cancellation);

    /// <summary>No more messages follow.</summary>
    void Complete();

    /// <summary>Shows what becomes of each message, in order. Ends after <see cref="Complete"/>, or when the client has stopped.</summary>
    Task ShowAsync(IConnectView view, Action<Action> show);

    /// <summary>Waits for all messages so far.</summary>
    /// <param name="patience">The longest wait for the next one.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TimeoutException">Nothing happened for the given time.</exception>
    Task WaitAsync(TimeSpan patience, CancellationToken cancellation);

    /// <summary>Writes the counts at the end of the session.</summary>
    void Sum(ConnectSummary summary);
}
