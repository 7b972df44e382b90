using System.Net;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client;

/// <summary>
/// All log lines of the client. Event ids and names are unique and stable. Each line carries the client id. No log line contains a
/// secret or a token. An outage writes two lines, one when the connection is lost and one when the client has reconnected. The attempts in
/// between are logged at Debug.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(
        1,
        LogLevel.Information,
        "Client {ClientId}: Connected to {Endpoint}, attempt {Attempt}, session {SessionId}, heartbeat {HeartbeatSeconds:0.###} s",
        EventName = "Connected")]
    public static partial void Connected(this ILogger logger, string clientId, EndPoint endpoint, long attempt, string? sessionId, double heartbeatSeconds);

    [LoggerMessage(
        2,
        LogLevel.Information,
        "Client {ClientId}: Reconnected to {Endpoint} after {OutageSeconds:0.000} s, attempt {Attempt}, session {SessionId}, resumed {Resumed}, "
        + "heartbeat {HeartbeatSeconds:0.###} s",
        EventName = "Reconnected")]
    public static partial void Reconnected(
        this ILogger logger, string clientId, EndPoint endpoint, double outageSeconds, long attempt, string? sessionId, bool resumed, double heartbeatSeconds);

    [LoggerMessage(
        3,
        LogLevel.Warning,
        "Client {ClientId}: Lost the connection to {Endpoint} after {LifetimeSeconds:0.000} s: {EndMessage}",
        EventName = "ConnectionLost")]
    public static partial void ConnectionLost(this ILogger logger, string clientId, EndPoint endpoint, double lifetimeSeconds, string endMessage);

    [LoggerMessage(
        4,
        LogLevel.Warning,
        "Client {ClientId}: The first connection attempt failed: {EndMessage} The client retries; further failed attempts are logged at Debug",
        EventName = "FirstAttemptFailed")]
    public static partial void FirstAttemptFailed(this ILogger logger, string clientId, string endMessage);

    [LoggerMessage(5, LogLevel.Debug, "Client {ClientId}: Attempt {Attempt}: connecting to {Endpoint}", EventName = "Trying")]
    public static partial void Trying(this ILogger logger, string clientId, long attempt, EndPoint endpoint);

    [LoggerMessage(6, LogLevel.Debug, "Client {ClientId}: Attempt {Attempt} failed ({EndKind}): {EndMessage}", EventName = "AttemptFailed")]
    public static partial void AttemptFailed(this ILogger logger, string clientId, long attempt, DisconnectKind endKind, string endMessage);

    [LoggerMessage(7, LogLevel.Debug, "Client {ClientId}: Next attempt in {DelaySeconds:0.000} s", EventName = "WaitingToRetry")]
    public static partial void WaitingToRetry(this ILogger logger, string clientId, double delaySeconds);

    [LoggerMessage(8, LogLevel.Error, "Client {ClientId}: Stopped permanently: {EndMessage}", EventName = "StoppedByGateway")]
    public static partial void StoppedByGateway(this ILogger logger, string clientId, string endMessage);

    [LoggerMessage(9, LogLevel.Information, "Client {ClientId}: Disposed: {EndMessage}", EventName = "Disposed")]
    public static partial void Disposed(this ILogger logger, string clientId, string endMessage);

    [LoggerMessage(
        10,
        LogLevel.Warning,
        "Client {ClientId}: This machine's clock is wrong; frames are dated with an offset of {OffsetSeconds:+0;-0} s, computed from the gateway's time",
        EventName = "ClockCorrected")]
    public static partial void ClockCorrected(this ILogger logger, string clientId, double offsetSeconds);

    [LoggerMessage(11, LogLevel.Error, "Client {ClientId}: An event handler of the application threw an exception", EventName = "EventHandlerFailed")]
    public static partial void EventHandlerFailed(this ILogger logger, string clientId, Exception exception);

    [LoggerMessage(12, LogLevel.Error, "Client {ClientId}: A fault in the client library ended a connection or an attempt", EventName = "InternalFault")]
    public static partial void InternalFault(this ILogger logger, string clientId, Exception exception);

    [LoggerMessage(13, LogLevel.Debug, "Client {ClientId}: Ignored a frame of type '{FrameType}': {Cause}", EventName = "FrameIgnored")]
    public static partial void FrameIgnored(this ILogger logger, string clientId, string frameType, string cause);

    [LoggerMessage(
        14,
        LogLevel.Debug,
        "Client {ClientId}: The process stalled for {StallSeconds:0.000} s; this time does not count toward the server timeout",
        EventName = "ProcessStalled")]
    public static partial void ProcessStalled(this ILogger logger, string clientId, double stallSeconds);

    [LoggerMessage(15, LogLevel.Warning, "Client {ClientId}: {DropMessage} Reason {DropReason}, count {DropCount}", EventName = "MessagesDropped")]
    public static partial void MessagesDropped(
        this ILogger logger, string clientId, MessageDropReason dropReason, long dropCount, string dropMessage);

    [LoggerMessage(
        16,
        LogLevel.Warning,
        "Client {ClientId}: the token source failed; the previous secrets stay in use",
        EventName = "TokenSourceFailed")]
    public static partial void TokenSourceFailed(this ILogger logger, string clientId, Exception exception);

    [LoggerMessage(17, LogLevel.Information, "Client {ClientId}: new secrets are in use from this attempt on", EventName = "TokensRotated")]
    public static partial void TokensRotated(this ILogger logger, string clientId);

    [LoggerMessage(18, LogLevel.Critical, "Client {ClientId}: stopping the host, because the client has stopped permanently", EventName = "StoppingHost")]
    public static partial void StoppingHost(this ILogger logger, string clientId);

    [LoggerMessage(
        19,
        LogLevel.Information,
        "Client {ClientId}: {MessageCount} messages that are not acknowledged are sent again, from number {MessageNumber} on",
        EventName = "MessagesResent")]
    public static partial void MessagesResent(this ILogger logger, string clientId, int messageCount, long messageNumber);

    [LoggerMessage(
        20,
        LogLevel.Warning,
        "Client {ClientId}: The gateway acknowledges no messages: {Cause}. Messages are sent without a number, at most once; {MessageCount} sent before wait for a "
        + "gateway that acknowledges them",
        EventName = "AcknowledgementsNotGranted")]
    public static partial void AcknowledgementsNotGranted(this ILogger logger, string clientId, string cause, int messageCount);
}
