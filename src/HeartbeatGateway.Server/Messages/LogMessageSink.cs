using HeartbeatGateway.Server.Telemetry;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server.Messages;

/// <summary>Writes a line for each message: the default, as the article's server prints what it receives.</summary>
internal sealed class LogMessageSink(ILogger<LogMessageSink> logger, LogThrottle throttle) : IMessageSink
{
    private const int MaxContentChars = 200;

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        if (logger.IsEnabled(LogLevel.Information) && throttle.Allows())
        {
            logger.MessageReceived(
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
