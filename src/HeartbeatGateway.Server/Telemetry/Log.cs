using System.Net;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Telemetry;

/// <summary>
/// All log lines of the engine. Ids and names are unique and never change. Text from peers is escaped with <see cref="PrintableText"/> first. The
/// format "l" prevents Serilog from quoting texts. Parameters that the text does not contain are properties of the line; their names are the properties' names,
/// hence the capital letters.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Connection {ConnectionId:l} from {RemoteEndPoint:l} opened", EventName = "ConnectionOpened")]
    public static partial void ConnectionOpened(this ILogger logger, ConnectionId connectionId, EndPoint? remoteEndPoint);

    [LoggerMessage(2, LogLevel.Information, "Client {ClientId:l} on connection {ConnectionId:l}, session {SessionId:l}, from {RemoteEndPoint:l} connected", EventName = "ClientConnected")]
    public static partial void ClientConnected(
        this ILogger logger, string clientId, ConnectionId connectionId, string sessionId, EndPoint? remoteEndPoint, string? RemoteAddress, int? RemotePort);

    [LoggerMessage(3, LogLevel.Information, "Client {ClientId:l} on connection {ConnectionId:l}, session {SessionId:l}, from {RemoteEndPoint:l} reconnected, recognised by {Identity:l}, {GapSeconds:0.000} s after the last byte of its earlier connection", EventName = "ClientReconnected")]
    public static partial void ClientReconnected(
        this ILogger logger, string clientId, ConnectionId connectionId, string sessionId, EndPoint? remoteEndPoint, string identity, double gapSeconds, string? RemoteAddress, int? RemotePort);

    [LoggerMessage(EventId = 4, EventName = "ConnectionClosed", Message = "Connection {ConnectionId:l} of client {ClientId:l}, session {SessionId:l}, from {RemoteEndPoint:l} closed: {Reason:l}; open for {LifetimeSeconds:0.000} s, last byte {SilenceSeconds:0.000} s ago, {BytesRead} bytes read, {PendingBytes} bytes unsent; origin {Origin:l}, cause {Cause:l}")]
    public static partial void ConnectionClosed(
        this ILogger logger, LogLevel level, ConnectionId connectionId, string clientId, string sessionId, EndPoint? remoteEndPoint, string reason, double lifetimeSeconds,
        double silenceSeconds, long bytesRead, int pendingBytes, string origin, string cause, string? RemoteAddress, int? RemotePort);

    [LoggerMessage(EventId = 5, EventName = "ConnectionRejected", Message = "Connection from {RemoteEndPoint:l} rejected: {Reason:l}")]
    public static partial void ConnectionRejected(this ILogger logger, LogLevel level, EndPoint? remoteEndPoint, string reason, string? RemoteAddress, int? RemotePort);

    [LoggerMessage(6, LogLevel.Warning, "Frame of type '{FrameType:l}' on connection {ConnectionId:l} of client {ClientId:l} from {RemoteEndPoint:l} has a rejected token: {Cause:l}; {Detail:l}", EventName = "TokenRefused")]
    public static partial void TokenRefused(
        this ILogger logger, ConnectionId connectionId, string clientId, EndPoint? remoteEndPoint, string frameType, string cause, string detail, string? ClaimedClientId,
        string? ClaimedKeyId, string? ClaimedDate, long? ClockSkewSeconds, string? RemoteAddress, int? RemotePort);

    [LoggerMessage(7, LogLevel.Error, "Connection {ConnectionId:l} from {RemoteEndPoint:l} closed because of an internal error", EventName = "ConnectionFailed")]
    public static partial void ConnectionFailed(this ILogger logger, Exception exception, ConnectionId connectionId, EndPoint? remoteEndPoint);

    [LoggerMessage(8, LogLevel.Error, "The message sink failed on a message of connection {ConnectionId:l}; the message is lost", EventName = "MessageSinkFailed")]
    public static partial void MessageSinkFailed(this ILogger logger, Exception exception, ConnectionId connectionId);

    [LoggerMessage(40, LogLevel.Warning, "The program has registered a message sink, but Gateway:Messages:Sinks lists {Sinks:l} and not inprocess, so it gets no message", EventName = "InProcessSinkUnused")]
    public static partial void InProcessSinkUnused(this ILogger logger, string sinks);

    [LoggerMessage(41, LogLevel.Error, "The message sink {Sink:l}, which is not required, failed on a message of connection {ConnectionId:l}; the message is lost to this sink", EventName = "OptionalSinkFailed")]
    public static partial void OptionalSinkFailed(this ILogger logger, Exception exception, string sink, ConnectionId connectionId);

    [LoggerMessage(42, LogLevel.Error, "The authorizer failed on client {ClientId:l} of connection {ConnectionId:l}; the client is refused and may retry", EventName = "AuthorizerFailed")]
    public static partial void AuthorizerFailed(this ILogger logger, Exception exception, string clientId, ConnectionId connectionId);

    [LoggerMessage(44, LogLevel.Information, "Client {ClientId:l} on connection {ConnectionId:l}, session {SessionId:l}, from {RemoteEndPoint:l} reconnected; its connection before was {PreviousConnectionId:l} on another node, with the epoch {Epoch:l}", EventName = "ClientMovedHere")]
    public static partial void ClientMovedHere(
        this ILogger logger, string clientId, ConnectionId connectionId, string sessionId, EndPoint? remoteEndPoint, string previousConnectionId, string epoch, double? GapSeconds,
        string? RemoteAddress, int? RemotePort);

    [LoggerMessage(45, LogLevel.Information, "Client {ClientId:l}: connection {ConnectionId:l} from {RemoteEndPoint:l} is replaced by one on another node", EventName = "ClientMovedAway")]
    public static partial void ClientMovedAway(this ILogger logger, string clientId, ConnectionId connectionId, EndPoint? remoteEndPoint, string? RemoteAddress, int? RemotePort);

    [LoggerMessage(9, LogLevel.Warning, "The process paused for {StallSeconds:0.000} s; that time does not count as idle time of any client", EventName = "ProcessStalled")]
    public static partial void ProcessStalled(this ILogger logger, double stallSeconds);

    [LoggerMessage(10, LogLevel.Warning, "{SuppressedLines} log lines about peers were suppressed since the last report; kind {Kind:l}, addresses: {Addresses:l}", EventName = "LogLinesSuppressed")]
    public static partial void LogLinesSuppressed(this ILogger logger, long suppressedLines, string kind, string addresses);

    [LoggerMessage(11, LogLevel.Information, "Message from client {ClientId:l} on connection {ConnectionId:l} at {RemoteEndPoint:l}, type '{MessageType:l}', {ContentBytes} bytes: {Content:l}", EventName = "MessageReceived")]
    public static partial void MessageReceived(
        this ILogger logger, string clientId, ConnectionId connectionId, EndPoint? remoteEndPoint, string messageType, int contentBytes, string content, string? ContentBase64);

    [LoggerMessage(12, LogLevel.Information, "Stopping: {OpenConnections} connections are closed over {DrainSeconds:0.###} s", EventName = "EngineStopping")]
    public static partial void EngineStopping(this ILogger logger, int openConnections, double drainSeconds);

    [LoggerMessage(13, LogLevel.Information, "Stopped: all connections are closed", EventName = "EngineStopped")]
    public static partial void EngineStopped(this ILogger logger);

    [LoggerMessage(14, LogLevel.Warning, "Stopped with {OpenConnections} connections that did not close in time; they were aborted", EventName = "ConnectionsAborted")]
    public static partial void ConnectionsAborted(this ILogger logger, int openConnections);

    [LoggerMessage(15, LogLevel.Error, "The timeout check of connection {ConnectionId:l} failed", EventName = "VisitFailed")]
    public static partial void TimeoutCheckFailed(this ILogger logger, Exception exception, ConnectionId connectionId);

    [LoggerMessage(16, LogLevel.Information, "Client {ClientId:l} on connection {ConnectionId:l}, session {SessionId:l}, from {RemoteEndPoint:l} reconnected with a session that is unknown to this process", EventName = "ClientReconnectedAfterRestart")]
    public static partial void ClientReconnectedAfterRestart(
        this ILogger logger, string clientId, ConnectionId connectionId, string sessionId, EndPoint? remoteEndPoint, string? RemoteAddress, int? RemotePort);

    [LoggerMessage(17, LogLevel.Information, "Client {ClientId:l}: connection {ReplacedConnectionId:l} is replaced by connection {ConnectionId:l}, session {SessionId:l}, from {RemoteEndPoint:l}", EventName = "ClientReplaced")]
    public static partial void ClientReplaced(
        this ILogger logger, string clientId, ConnectionId replacedConnectionId, ConnectionId connectionId, string sessionId, EndPoint? remoteEndPoint, string? RemoteAddress, int? RemotePort);

    [LoggerMessage(18, LogLevel.Warning, "Hello on connection {ConnectionId:l} of client {ClientId:l} from {RemoteEndPoint:l} rejected: {Fault:l}", EventName = "HelloRefused")]
    public static partial void HelloRefused(
        this ILogger logger, ConnectionId connectionId, string clientId, EndPoint? remoteEndPoint, string fault, string? ClaimedClientId, string? KeyId, string? RemoteAddress, int? RemotePort);

    [LoggerMessage(19, LogLevel.Warning, "The token of the frame on connection {ConnectionId:l} is not the one of these bytes, in hex: {SignedBytes:l}", EventName = "TokenMismatched")]
    public static partial void TokenMismatched(this ILogger logger, ConnectionId connectionId, string signedBytes);

    [LoggerMessage(20, LogLevel.Warning, "TLS handshake on connection {ConnectionId:l} from {RemoteEndPoint:l} failed: {Fault:l}", EventName = "TlsFailed")]
    public static partial void TlsFailed(this ILogger logger, ConnectionId connectionId, EndPoint? remoteEndPoint, string fault);

    [LoggerMessage(21, LogLevel.Warning, "PROXY header from {RemoteEndPoint:l} rejected: {Fault:l}", EventName = "ProxyHeaderRefused")]
    public static partial void ProxyHeaderRefused(this ILogger logger, EndPoint? remoteEndPoint, string fault);

    [LoggerMessage(22, LogLevel.Warning, "Connection from {RemoteEndPoint:l} exceeds {Limit:l}, which is report-only", EventName = "LimitObserved")]
    public static partial void LimitObserved(this ILogger logger, EndPoint? remoteEndPoint, string limit);

    [LoggerMessage(EventId = 23, EventName = "DescriptorsUsedUp", Message = "Out of file descriptors: {TurnedAway} connections rejected since the last report, the latest from {RemoteEndPoint:l}: {Reason:l}")]
    public static partial void DescriptorsUsedUp(this ILogger logger, LogLevel level, long turnedAway, EndPoint? remoteEndPoint, string reason);

    [LoggerMessage(24, LogLevel.Information, "The gateway options have changed and are in force", EventName = "OptionsReloaded")]
    public static partial void OptionsReloaded(this ILogger logger);

    [LoggerMessage(25, LogLevel.Error, "The gateway options have changed and are not valid, so the previous ones stay in force: {Error:l}", EventName = "OptionsRefused")]
    public static partial void OptionsRefused(this ILogger logger, string error);

    [LoggerMessage(38, LogLevel.Information, "Draining: {OpenConnections} connections are closed over {DrainSeconds:0.###} s, and new ones are refused until the drain is cancelled", EventName = "DrainStarted")]
    public static partial void DrainStarted(this ILogger logger, int openConnections, double drainSeconds);

    [LoggerMessage(39, LogLevel.Information, "The drain is {Outcome:l}: {ClosedConnections} of {OpenConnections} connections are closed", EventName = "DrainEnded")]
    public static partial void DrainEnded(this ILogger logger, string outcome, int closedConnections, int openConnections);

    [LoggerMessage(43, LogLevel.Debug, "Connection {ConnectionId:l} from {RemoteEndPoint:l} closed without a byte: {Reason:l}; probe kind {Kind:l}", EventName = "ProbeClosed")]
    public static partial void ProbeClosed(this ILogger logger, ConnectionId connectionId, EndPoint? remoteEndPoint, string reason, string kind);

    [LoggerMessage(EventId = 26, EventName = "CloseExplained", Message = "Connection {ConnectionId:l} of client {ClientId:l} from {RemoteEndPoint:l} is refused as {Reason:l}: {Detail:l}")]
    public static partial void CloseExplained(
        this ILogger logger, LogLevel level, ConnectionId connectionId, string clientId, EndPoint? remoteEndPoint, string reason, string detail, string? ClaimedClientId, string? KeyId,
        string? RemoteAddress, int? RemotePort);

    [LoggerMessage(27, LogLevel.Warning, "Frame of type '{FrameType:l}' on connection {ConnectionId:l} of client {ClientId:l} from {RemoteEndPoint:l} resembles a hello and is none, so it is an application message: {Cause:l}; {Detail:l}", EventName = "HelloMalformed")]
    public static partial void HelloMalformed(
        this ILogger logger, ConnectionId connectionId, string clientId, EndPoint? remoteEndPoint, string frameType, string cause, string detail, string? ClaimedClientId, string? KeyId,
        string? RemoteAddress, int? RemotePort);

    [LoggerMessage(28, LogLevel.Error, "The message sink failed on message {Number} of connection {ConnectionId:l}; its client is asked to send it again", EventName = "NumberedMessageFailed")]
    public static partial void NumberedMessageFailed(this ILogger logger, Exception exception, long number, ConnectionId connectionId);

    [LoggerMessage(50, LogLevel.Warning, "What the cluster keeps for client {ClientId:l} cannot be read and is ignored: {Bytes} bytes of {Kind:l}. It is from another version of the gateway, or another program has written it", EventName = "DeliveryUnreadable")]
    public static partial void DeliveryUnreadable(this ILogger logger, string clientId, int bytes, string kind);

    [LoggerMessage(51, LogLevel.Debug, "The results of {Messages} messages are not told to node {Epoch:l}, which cannot be reached", EventName = "ResultsForgotten")]
    public static partial void ResultsForgotten(this ILogger logger, int messages, string epoch);

    [LoggerMessage(52, LogLevel.Error, "The results of {Messages} messages could not be told to node {Epoch:l}", EventName = "ResultsNotReported")]
    public static partial void ResultsNotReported(this ILogger logger, Exception exception, int messages, string epoch);

    [LoggerMessage(34, LogLevel.Warning, "The {Kind:l} {Value:l} is banned until {ExpiresAt:u}: {Cause:l}, the last from {RemoteEndPoint:l}", EventName = "AutomaticBanMade")]
    public static partial void AutomaticBanMade(this ILogger logger, string kind, string value, DateTimeOffset expiresAt, string cause, EndPoint? remoteEndPoint);

    [LoggerMessage(35, LogLevel.Warning, "The {Kind:l} {Value:l} would be banned: {Cause:l}, the last from {RemoteEndPoint:l}; Gateway:Admission:AutomaticBans observes only", EventName = "AutomaticBanObserved")]
    public static partial void AutomaticBanObserved(this ILogger logger, string kind, string value, string cause, EndPoint? remoteEndPoint);

    [LoggerMessage(36, LogLevel.Warning, "{Value:l} is not banned although it should be ({Cause:l}): the list of bans is full", EventName = "AutomaticBansFull")]
    public static partial void AutomaticBansFull(this ILogger logger, string value, string cause);
}
