namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// The connection, as seen by its <see cref="HeartbeatTimer"/>. Its members are called on the timer's thread: they must not wait and must not
/// run application code.
/// </summary>
internal interface IHeartbeatOwner
{
    bool HasUnreadInput { get; }

    void PingDue();

    void Dead();

    void ShutdownTimedOut();

    void Stalled(TimeSpan length);

    void Failed(Exception exception);
}
