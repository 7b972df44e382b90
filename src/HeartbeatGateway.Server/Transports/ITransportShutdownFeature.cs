namespace HeartbeatGateway.Server.Transports;

/// <summary>Set by a layer above the socket, such as TLS, that has a goodbye of its own to say before the socket's.</summary>
public interface ITransportShutdownFeature
{
    /// <summary>Tells the peer that nothing more comes. What was written before has been flushed.</summary>
    ValueTask ShutdownSendAsync();
}
