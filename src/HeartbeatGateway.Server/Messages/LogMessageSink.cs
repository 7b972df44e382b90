using System.Text.Unicode;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Messages;

/// <summary>
/// Writes a log line for each message: the default. Takes responsibility when the line is written, or when the settings want none. The budget of lines suppresses a
/// line for ever, unless the client waits for an acknowledgement: then the message waits for its line, and its sender with it.
/// </summary>
internal sealed class LogMessageSink(EngineContext context, ILogLines? lines) : INamedMessageSink
{
    /// <summary>How often a message that waits asks for its line.</summary>
    internal static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(250);

    private const int MaxContentChars = 200;

    /// <summary>Bytes shown as base64, which are 400 characters.</summary>
    private const int MaxBase64Bytes = 300;

    private readonly ILogger _logger = context.Loggers.CreateLogger(typeof(LogMessageSink).FullName!);

    public string Name => SinkKinds.Log;

    public SinkBooks Books { get; } = new();

    public DateTimeOffset? OldestWaiting => null;

    public bool IsStopped => false;

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        if (!IsDue()) Books.Pass(MessageVerdict.Accepted, default);
        else if (TryTakeLine(message, isCounted: true)) Log(message, isTaken: false);
        else if (message.Settled is null) Books.Pass(MessageVerdict.Dropped, SinkDropCause.Full);
        else return new ValueTask(LogLaterAsync(message, cancellationToken));
        return ValueTask.CompletedTask;
    }

    private bool IsDue() => context.Settings.LogContent != MessageLogContent.None && _logger.IsEnabled(LogLevel.Information);

    private bool TryTakeLine(GatewayMessage message, bool isCounted) =>
        context.PeerLines.TryTake(LineKind.Message, AddressKey.From(message.RemoteEndPoint), context.Settings.Lines, isCounted);

    private async Task LogLaterAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        Books.Take();
        try
        {
            do await Task.Delay(AskInterval, context.TimeProvider, cancellationToken);
            while (IsDue() && !TryTakeLine(message, isCounted: false));
        }
        catch (OperationCanceledException)
        {
            Books.Decide(MessageVerdict.Dropped, SinkDropCause.Abandoned);
            throw;
        }

        if (IsDue()) Log(message, isTaken: true);
        else Books.Decide(MessageVerdict.Accepted, default);
    }

    private void Log(GatewayMessage message, bool isTaken)
    {
        var withContent = context.Settings.LogContent == MessageLogContent.Full;
        if (message.Settled is null || lines is null)
        {
            Write(message, withContent);
            if (isTaken) Books.Decide(MessageVerdict.Accepted, default);
            else Books.Pass(MessageVerdict.Accepted, default);
            return;
        }

        if (!isTaken) Books.Take();
        Follow(lines, message, withContent);
    }

    /// <summary>Apart, so that only a message that is followed costs a closure.</summary>
    private void Follow(ILogLines followed, GatewayMessage message, bool withContent)
    {
        var receipt = message.Defer();
        followed.Follow(
            () => Write(message, withContent),
            isWritten =>
            {
                var verdict = isWritten ? MessageVerdict.Accepted : MessageVerdict.Dropped;
                Books.Decide(verdict, SinkDropCause.Failed);
                receipt.Settle(verdict);
            });
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
