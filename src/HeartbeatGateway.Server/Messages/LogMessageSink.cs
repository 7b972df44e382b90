using System.Text.Unicode;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Messages;

/// <summary>Writes a log line for each message: the default.</summary>
internal sealed class LogMessageSink(EngineContext context) : IMessageSink
{
    private const int MaxContentChars = 200;

    /// <summary>Bytes shown as base64, which are 400 characters.</summary>
    private const int MaxBase64Bytes = 300;

    private readonly ILogger _logger = context.Loggers.CreateLogger(typeof(LogMessageSink).FullName!);

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        var settings = context.Settings;
        if (settings.LogContent != MessageLogContent.None && _logger.IsEnabled(LogLevel.Information)
            && context.PeerLines.TryTake(LineKind.Message, AddressKey.From(message.RemoteEndPoint), settings.Lines))
        {
            Write(message, settings.LogContent == MessageLogContent.Full);
        }

        return ValueTask.CompletedTask;
    }

    private void Write(GatewayMessage message, bool withContent)
    {
        var content = message.Content.Span;
        // Other encodings, such as GBK, and binary content lose bytes when they are shown as text.
        var base64 = withContent && !Utf8.IsValid(content) ? Base64Of(content) : null;
        var text = withContent ? PrintableText.From(content, MaxContentChars) : "(not logged)";
        _logger.MessageReceived(
            message.ClientId ?? "(anonymous)",
            message.ConnectionId,
            message.RemoteEndPoint,
            PrintableText.From(message.Type, MaxContentChars),
            content.Length,
            base64 is null ? text : $"{text} (not UTF-8; base64: {base64})",
            base64);
    }

    /// <summary>An ellipsis shows that the content is longer.</summary>
    private static string Base64Of(ReadOnlySpan<byte> content) =>
        content.Length <= MaxBase64Bytes ? Convert.ToBase64String(content) : Convert.ToBase64String(content[..MaxBase64Bytes]) + "…";
}
