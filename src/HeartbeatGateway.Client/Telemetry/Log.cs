using System.Net;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Client.Telemetry;

/// <summary>All log lines of the library. Ids and names are unique and stay. No line holds a secret or a token.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Attempt {Attempt} to connect to {Endpoint}", EventName = "Connecting")]
    public static partial void Connecting(this ILogger logger, long attempt, EndPoint endpoint);

    [LoggerMessage(2, LogLevel.Debug, "No connection: {Reason}; trying again in {RetrySeconds:0.000} s", EventName = "AttemptFailed")]
    public static partial void AttemptFailed(this ILogger logger, string reason, double retrySeconds);

    [LoggerMessage(3, LogLevel.Information, "Connected to {Endpoint} at attempt {Attempt}, session {SessionId}, generation {Generation}", EventName = "Connected")]
    public static partial void Connected(this ILogger logger, EndPoint endpoint, long attempt, string? sessionId, long? generation);

    [LoggerMessage(4, LogLevel.Warning, "Connection to {Endpoint} lost: {Reason}; trying again in {RetrySeconds:0.000} s", EventName = "ConnectionLost")]
    public static partial void ConnectionLost(this ILogger logger, EndPoint? endpoint, string reason, double retrySeconds);

    [LoggerMessage(5, LogLevel.Error, "Ended for good: {Reason}", EventName = "Stopped")]
    public static partial void Stopped(this ILogger logger, string reason);

    [LoggerMessage(6, LogLevel.Information, "Disposed: {Reason}", EventName = "Disposed")]
    public static partial void Disposed(this ILogger logger, string reason);

    [LoggerMessage(7, LogLevel.Warning, "This machine's clock is off: frames are dated {OffsetSeconds:0} s later than it says, as the gateway's clock is", EventName = "ClockCorrected")]
    public static partial void ClockCorrected(this ILogger logger, double offsetSeconds);

    [LoggerMessage(8, LogLevel.Error, "An event handler failed", EventName = "HandlerFailed")]
    public static partial void HandlerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(9, LogLevel.Error, "A fault of the client library ended the connection; it goes on with a new one", EventName = "InternalError")]
    public static partial void InternalError(this ILogger logger, Exception exception);

    [LoggerMessage(10, LogLevel.Warning, "The queue of {Queue} is full: {Frames} frames were dropped", EventName = "FramesDropped")]
    public static partial void FramesDropped(this ILogger logger, string queue, int frames);
}
