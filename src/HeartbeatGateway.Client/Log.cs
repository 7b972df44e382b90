using System.Net;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client;

/// <summary>
/// All log lines of the client. Event ids and names are unique and stable. No log line contains a secret or a token. An outage writes two
/// lines, one when the connection is lost and one when the client has reconnected; the attempts in between are logged at Debug.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(
        1,
        LogLevel.Information,
        "Connected to {Endpoint}, attempt {Attempt}, session {SessionId}, heartbeat {HeartbeatSeconds:0.###} s",
        EventName = "Connected")]
    public static partial void Connected(this ILogger logger, EndPoint endpoint, long attempt, string? sessionId, double heartbeatSeconds);

    [LoggerMessage(
        2,
        LogLevel.Information,
        "Reconnected to {Endpoint} after {OutageSeconds:0.000} s, attempt {Attempt}, session {SessionId}, resumed {Resumed}, "
        + "heartbeat {HeartbeatSeconds:0.###} s",
        EventName = "Reconnected")]
    public static partial void Reconnected(
        this ILogger logger, EndPoint endpoint, double outageSeconds, long attempt, string? sessionId, bool resumed, double heartbeatSeconds);

    [LoggerMessage(3, LogLevel.Warning, "Lost the connection to {Endpoint} after {LifetimeSeconds:0.000} s: {EndMessage}", EventName = "ConnectionLost")]
    public static partial void ConnectionLost(this ILogger logger, EndPoint endpoint, double lifetimeSeconds, string endMessage);

    [LoggerMessage(
        4,
        LogLevel.Warning,
        "The first connection attempt failed: {EndMessage} The client retries; further failed attempts are logged at Debug",
        EventName = "FirstAttemptFailed")]
    public static partial void FirstAttemptFailed(this ILogger logger, string endMessage);

    [LoggerMessage(5, LogLevel.Debug, "Attempt {Attempt}: connecting to {Endpoint}", EventName = "Trying")]
    public static partial void Trying(this ILogger logger, long attempt, EndPoint endpoint);

    [LoggerMessage(6, LogLevel.Debug, "Attempt {Attempt} failed ({EndKind}): {EndMessage}", EventName = "AttemptFailed")]
    public static partial void AttemptFailed(this ILogger logger, long attempt, DisconnectKind endKind, string endMessage);

    [LoggerMessage(7, LogLevel.Debug, "Next attempt in {DelaySeconds:0.000} s", EventName = "WaitingToRetry")]
    public static partial void WaitingToRetry(this ILogger logger, double delaySeconds);

    [LoggerMessage(8, LogLevel.Error, "Stopped permanently: {EndMessage}", EventName = "StoppedByGateway")]
    public static partial void StoppedByGateway(this ILogger logger, string endMessage);

    [LoggerMessage(9, LogLevel.Information, "Disposed: {EndMessage}", EventName = "Disposed")]
    public static partial void Disposed(this ILogger logger, string endMessage);

    [LoggerMessage(
        10,
        LogLevel.Warning,
        "This machine's clock is wrong; frames are dated with an offset of {OffsetSeconds:+0;-0} s, computed from the gateway's time",
        EventName = "ClockCorrected")]
    public static partial void ClockCorrected(this ILogger logger, double offsetSeconds);

    [LoggerMessage(11, LogLevel.Error, "An event handler of the application threw an exception", EventName = "EventHandlerFailed")]
    public static partial void EventHandlerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(12, LogLevel.Error, "A fault in the client library ended a connection or an attempt", EventName = "InternalFault")]
    public static partial void InternalFault(this ILogger logger, Exception exception);

    [LoggerMessage(13, LogLevel.Debug, "Ignored a frame of type '{FrameType}': {Cause}", EventName = "FrameIgnored")]
    public static partial void FrameIgnored(this ILogger logger, string frameType, string cause);

    [LoggerMessage(
        14,
        LogLevel.Debug,
        "The process stalled for {StallSeconds:0.000} s; this time does not count toward the server timeout",
        EventName = "ProcessStalled")]
    public static partial void ProcessStalled(this ILogger logger, double stallSeconds);
}
