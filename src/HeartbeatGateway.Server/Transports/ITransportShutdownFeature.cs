namespace HeartbeatGateway.Server.Transports;

/// <summary>Set by a layer above the socket, such as TLS, that has its own end of stream, to be sent before the socket's FIN.</summary>
public interface ITransportShutdownFeature
{
    /// <summary>Sends the end of stream to the peer. Everything written before has been flushed.</summary>
    ValueTask ShutdownSendAsync();
}
