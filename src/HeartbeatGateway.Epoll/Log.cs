using System.Net;

namespace HeartbeatGateway.Epoll;

/// <summary>The log lines of the transport.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 200, EventName = "ProgramFailed", Level = LogLevel.Error, Message = "The program of connection {ConnectionId:l} has thrown an exception on the thread of the event loop, or when it was told the connection's end. The connection is closed, all others continue.")]
    public static partial void ProgramFailed(this ILogger logger, Exception exception, string connectionId);

    [LoggerMessage(EventId = 201, EventName = "LoopBlocked", Level = LogLevel.Warning, Message = "Event loop {Loop} is blocked: it has been in connection {ConnectionId:l} of {RemoteEndPoint:l} for {Seconds:0.0} s, while {Waiting} other connections wait. A handler or message sink blocks. Make it asynchronous, or set Gateway:Tcp:InlineScheduling to false")]
    public static partial void LoopBlocked(this ILogger logger, int loop, string connectionId, EndPoint? remoteEndPoint, double seconds, int waiting);

    [LoggerMessage(EventId = 202, EventName = "LoopContinues", Level = LogLevel.Information, Message = "Event loop {Loop} goes on, after {Seconds:0.0} s in connection {ConnectionId:l}")]
    public static partial void LoopContinues(this ILogger logger, int loop, double seconds, string connectionId);
}
