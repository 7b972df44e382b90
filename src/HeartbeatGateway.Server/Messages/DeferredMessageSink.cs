namespace HeartbeatGateway.Server.Messages;

/// <summary>Resolves the sink with its first message: a sink may need the gateway, which needs its sink.</summary>
/// <param name="resolve">Finds the sink; null when there is none.</param>
/// <param name="fallback">Used when there is none.</param>
internal sealed class DeferredMessageSink(Func<IMessageSink?> resolve, IMessageSink fallback) : IMessageSink
{
    private readonly Lazy<IMessageSink> _sink = new(() => resolve() ?? fallback);

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken) => _sink.Value.AcceptAsync(message, cancellationToken);
}
