using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Server.Clients;

/// <summary>
/// What a session with the feature <c>ack</c> has in addition. Its hello only reserves its place: the client is registered by the first frame that proves that
/// its sender has read the welcome.
/// </summary>
internal sealed class AckSession(DeliverySession delivery)
{
    private volatile bool _isConfirmed;

    public DeliverySession Delivery => delivery;

    /// <summary>The client is registered with this connection. Set under the directory's lock.</summary>
    public bool IsConfirmed
    {
        get => _isConfirmed;
        set => _isConfirmed = value;
    }

    /// <summary>The directory holds a place for it. Under the directory's lock.</summary>
    public bool IsReserved { get; set; }

    /// <summary>What the welcome said of the reconnect.</summary>
    public bool Reconnected { get; set; }

    /// <summary>What the welcome said of the session.</summary>
    public bool Resumed { get; set; }

    /// <summary>Its connection was counted as the reconnect of an anonymous client of its address.</summary>
    public bool IsCountedByAddress { get; set; }
}
