namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// The connection, as seen by its <see cref="HeartbeatTimer"/>. Its members are called on the timer's thread: they must not wait and must not
/// run application code.
/// </summary>
internal interface IHeartbeatOwner
{
    bool HasUnreadInput { get; }

    void PingDue();

    /// <summary>True while the read loop waits for the application: answers cannot be read.</summary>
    bool IsPaused { get; }

    void Dead();

    /// <summary>Bytes arrive, but the gateway answers no ping.</summary>
    /// <param name="since">The time since the first unanswered ping.</param>
    void NoAnswer(TimeSpan since);

    void ShutdownTimedOut();

    void Stalled(TimeSpan length);

    void Failed(Exception exception);
}
