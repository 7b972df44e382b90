namespace HeartbeatGateway.Client.Connection;

/// <summary>What <see cref="HeartbeatTimer"/> asks of its connection. Called on the timer's thread: nothing here may wait or run the program's code.</summary>
internal interface IHeartbeatOwner
{
    bool HasUnreadInput { get; }

    void PingDue();

    void Dead();

    void GoodbyeOver();

    void Stalled(TimeSpan length);

    void Failed(Exception exception);
}
