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

    /// <summary>What its welcome says of the numbers: accepted through this one. Null when there is no record.</summary>
    public long? Told { get; } = client.Open(instance);

    /// <summary>What its welcome names: the numbering of messages for the client.</summary>
    public string Pushes { get; } = client.Outbox.Numbering;

    /// <summary>The generation of the connection: of two, the one with the higher generation is attached.</summary>
    public long Generation { get; set; }

    /// <summary>The numbers of its instance; null before it is attached.</summary>
    public InboundNumbers? Numbers { get; set; }

    /// <summary>True for the first call: the connection has ended, and holds the client's state no longer.</summary>
    public bool TryRelease()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0) return false;
        client.Close();
        return true;
    }
}
