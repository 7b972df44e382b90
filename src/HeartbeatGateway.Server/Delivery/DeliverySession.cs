namespace HeartbeatGateway.Server.Delivery;

/// <summary>What delivery knows of one connection that was granted the feature <c>ack</c>.</summary>
/// <param name="client">The client's state.</param>
/// <param name="connection">The connection.</param>
/// <param name="instance">The instance of the client that its hello names.</param>
/// <param name="sent">The highest number that the instance has sent on earlier connections; 0 for none.</param>
internal sealed class DeliverySession(ClientDelivery client, IDeliveryConnection connection, string instance, long sent)
{
    private int _isReleased;

    public ClientDelivery Client => client;

    public IDeliveryConnection Connection => connection;

    public string Instance => instance;

    public long Sent => sent;

    /// <summary>What its welcome said of the numbers: accepted through this one. Null when there was no record.</summary>
    public long? Told { get; } = client.AcceptedOf(instance);

    /// <summary>The generation of the connection: of two, the one with the higher generation is attached.</summary>
    public long Generation { get; set; }

    /// <summary>The numbers of its instance; null before it is attached.</summary>
    public InboundNumbers? Numbers { get; set; }

    /// <summary>True for the first call: the connection has ended, and holds the client's state no longer.</summary>
    public bool TryRelease() => Interlocked.Exchange(ref _isReleased, 1) == 0;
}
