using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Messages;

/// <summary>Writes a log line for each message: the default.</summary>
internal sealed class LogMessageSink(EngineContext context) : IMessageSink
{
    private const int MaxContentChars = 200;

    private readonly ILogger _logger = context.Loggers.CreateLogger(typeof(LogMessageSink).FullName!);

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        if (_logger.IsEnabled(LogLevel.Information) && context.MessageLines.Allows())
        {
            _logger.MessageReceived(
                message.ClientId ?? "(anonymous)",
                message.ConnectionId,
                message.RemoteEndPoint,
                PrintableText.From(message.Type, MaxContentChars),
                message.Content.Length,
                PrintableText.From(message.Content.Span, MaxContentChars));
        }

        return ValueTask.CompletedTask;
    }
}
