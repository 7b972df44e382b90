namespace HeartbeatGateway;

/// <summary>All log lines of the service. Ids start at 100; the engine uses the ids below.</summary>
internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Information, "HeartbeatGateway {Version:l} accepts clients on {TcpEndpoint:l} and operators on {HttpEndpoints:l}; tokens: {TokenScheme:l}", EventName = "GatewayStarted")]
    public static partial void GatewayStarted(this ILogger logger, string version, string tcpEndpoint, string httpEndpoints, string tokenScheme);

    [LoggerMessage(115, LogLevel.Information, "Effective limits: {Limits:l}", EventName = "LimitsInForce")]
    public static partial void LimitsInForce(this ILogger logger, string limits);

    [LoggerMessage(116, LogLevel.Warning, "Telemetry cannot be sent to {Endpoint:l}: {Error:l}. It is tried again at each interval; the next line about it says that it succeeds", EventName = "CollectorUnreachable")]
    public static partial void CollectorUnreachable(this ILogger logger, string endpoint, string error);

    [LoggerMessage(117, LogLevel.Information, "Telemetry is sent to {Endpoint:l} again, after {FailureSeconds:0} s without success", EventName = "CollectorReachable")]
    public static partial void CollectorReachable(this ILogger logger, string endpoint, double failureSeconds);

    [LoggerMessage(118, LogLevel.Warning, "Telemetry: {Warning:l}", EventName = "TelemetryWarning")]
    public static partial void TelemetryWarning(this ILogger logger, string warning);

    [LoggerMessage(119, LogLevel.Error, "systemd's watchdog is not notified and will restart the service: {Error:l}", EventName = "WatchdogNotNotified")]
    public static partial void WatchdogNotNotified(this ILogger logger, string error);

    [LoggerMessage(101, LogLevel.Warning, "{Warning:l}", EventName = "ConfigurationWarning")]
    public static partial void ConfigurationWarning(this ILogger logger, string warning);

    [LoggerMessage(102, LogLevel.Error, "A connection to {EndPoint:l} could not be accepted: {Error:l}", EventName = "AcceptFailed")]
    public static partial void AcceptFailed(this ILogger logger, string endPoint, string error);

    [LoggerMessage(103, LogLevel.Information, "The configuration has changed and is in force: {Keys:l}", EventName = "ConfigurationReloaded")]
    public static partial void ConfigurationReloaded(this ILogger logger, string keys);

    [LoggerMessage(104, LogLevel.Error, "The configuration has changed and cannot be used, so the previous one stays in force: {Error:l}", EventName = "ConfigurationRefused")]
    public static partial void ConfigurationRefused(this ILogger logger, string error);

    [LoggerMessage(105, LogLevel.Warning, "The liveness probe got no answer on the {Endpoint:l} endpoint: {Error:l}", EventName = "LivenessProbeFailed")]
    public static partial void LivenessProbeFailed(this ILogger logger, string endpoint, string error);

    [LoggerMessage(106, LogLevel.Warning, "Second stop signal, {Signal}: the remaining connections are closed at once", EventName = "StopAskedAgain")]
    public static partial void StopAskedAgain(this ILogger logger, System.Runtime.InteropServices.PosixSignal signal);

    [LoggerMessage(109, LogLevel.Information, "{Signal}: the configuration is read again", EventName = "ReloadRequested")]
    public static partial void ReloadRequested(this ILogger logger, System.Runtime.InteropServices.PosixSignal signal);

    [LoggerMessage(110, LogLevel.Warning, "The settings file {File:l} is gone; its last content stays in force until the file is back or the gateway is restarted", EventName = "SettingsFileGone")]
    public static partial void SettingsFileGone(this ILogger logger, string file);

    [LoggerMessage(111, LogLevel.Information, "The settings file {File:l} can be used again", EventName = "SettingsFileUsable")]
    public static partial void SettingsFileUsable(this ILogger logger, string file);

    [LoggerMessage(112, LogLevel.Warning, "Changed settings that are in force only after a restart: {Keys:l}", EventName = "RestartNeeded")]
    public static partial void RestartNeeded(this ILogger logger, string keys);

    [LoggerMessage(113, LogLevel.Information, "The configuration was read again; no setting and no secret has changed", EventName = "ConfigurationUnchanged")]
    public static partial void ConfigurationUnchanged(this ILogger logger);

    [LoggerMessage(114, LogLevel.Warning, "Settings files whose last good content is in force instead of what they hold now: {Files:l}", EventName = "SettingsFilesNotInForce")]
    public static partial void SettingsFilesNotInForce(this ILogger logger, string files);

    [LoggerMessage(107, LogLevel.Information, "The TLS files have changed and are in force for new connections; the certificate expires at {ExpiresAt:u}", EventName = "CertificatesReloaded")]
    public static partial void CertificatesReloaded(this ILogger logger, DateTimeOffset expiresAt);

    [LoggerMessage(108, LogLevel.Error, "The TLS files have changed and cannot be used, so the previous certificate stays in force: {Error:l}", EventName = "CertificatesRefused")]
    public static partial void CertificatesRefused(this ILogger logger, string error);

    [LoggerMessage(130, LogLevel.Warning, "{Warning:l}", EventName = "CertificateWarning")]
    public static partial void CertificateWarning(this ILogger logger, string warning);

    [LoggerMessage(131, LogLevel.Warning, "Connections ended for their client certificates: {Expired} expired, {Withdrawn} whose authority is no longer in Gateway:Tls:ClientAuthorityFile", EventName = "ClientCertificatesEnded")]
    public static partial void ClientCertificatesEnded(this ILogger logger, int expired, int withdrawn);

    [LoggerMessage(132, LogLevel.Information, "WebSocket clients are accepted on {Url:l}; origins of web pages: {Origins:l}", EventName = "WebSocketsAccepted")]
    public static partial void WebSocketsAccepted(this ILogger logger, string url, string origins);

    [LoggerMessage(124, LogLevel.Warning, "HTTP connections were closed to admit others: {Count} since the last report. {Shortage:l}", EventName = "HttpConnectionsReplaced")]
    public static partial void HttpConnectionsReplaced(this ILogger logger, long count, string shortage);

    [LoggerMessage(140, LogLevel.Information, "API: {KeyId:l} made the change {Action:l} on {Target:l}: {Result:l}", EventName = "ApiChange")]
    public static partial void ApiChange(this ILogger logger, string keyId, string action, string target, string result);

    [LoggerMessage(120, LogLevel.Information, "The bans in {File:l} are in force: {Count}", EventName = "BansRead")]
    public static partial void BansRead(this ILogger logger, string file, int count);

    [LoggerMessage(121, LogLevel.Error, "The file of bans has changed and cannot be used, so the bans in force stay, and no change is accepted: {Error:l}", EventName = "BanFileRefused")]
    public static partial void BanFileRefused(this ILogger logger, string error);

    [LoggerMessage(122, LogLevel.Error, "Bans cannot be saved, and would be lost in a restart: {Error:l}", EventName = "BansNotSaved")]
    public static partial void BansNotSaved(this ILogger logger, string error);

    [LoggerMessage(123, LogLevel.Information, "The file of bans {File:l} can be used again", EventName = "BanFileUsable")]
    public static partial void BanFileUsable(this ILogger logger, string file);

    [LoggerMessage(125, LogLevel.Information, "This gateway is the node {Node:l} of a cluster on Redis; its keys begin with {Prefix:l}", EventName = "ClusterNodeStarted")]
    public static partial void ClusterNodeStarted(this ILogger logger, string node, string prefix);

    [LoggerMessage(141, LogLevel.Error, "The answer of the node {Node:l} to {Verb:l} cannot be read at byte {Position}; nodes of different versions may not understand each other", EventName = "NodeAnswerUnreadable")]
    public static partial void NodeAnswerUnreadable(this ILogger logger, string verb, string node, long position);

    [LoggerMessage(142, LogLevel.Error, "The presence events of the cluster cannot be followed; the next attempts are not logged until one succeeds", EventName = "ClusterEventsFailed")]
    public static partial void ClusterEventsFailed(this ILogger logger, Exception exception);

    [LoggerMessage(138, LogLevel.Error, "The sink log could not be told whether the line of a message was written", EventName = "LineNotTold")]
    public static partial void LineNotTold(this ILogger logger, Exception exception);

    [LoggerMessage(139, LogLevel.Error, "The authorization service cannot be used: {Error:l}. Clients about which it cannot be asked are {Outcome:l}; {Suppressed} more lines since the last one", EventName = "AuthorizationFailed")]
    public static partial void AuthorizationFailed(this ILogger logger, string error, string outcome, long suppressed);

    [LoggerMessage(128, LogLevel.Error, "No snapshot for the status page could be taken; the next attempts are not logged until one succeeds", EventName = "SnapshotFailed")]
    public static partial void SnapshotFailed(this ILogger logger, Exception exception);

    [LoggerMessage(126, LogLevel.Information, "The secrets or TLS files of the webhook have changed and are in force; secrets: {Secrets}", EventName = "WebhookFilesReloaded")]
    public static partial void WebhookFilesReloaded(this ILogger logger, int secrets);

    [LoggerMessage(137, LogLevel.Error, "The secrets or TLS files of the webhook cannot be used, so the previous ones stay in force: {Error:l}", EventName = "WebhookFilesRefused")]
    public static partial void WebhookFilesRefused(this ILogger logger, string error);

    [LoggerMessage(127, LogLevel.Warning, "The webhook {Url:l} does not accept events: {Cause:l}. They are sent again, with growing pauses; the next line about it says that it succeeds", EventName = "WebhookFailing")]
    public static partial void WebhookFailing(this ILogger logger, Exception? exception, string url, string cause);

    [LoggerMessage(129, LogLevel.Information, "The webhook {Url:l} accepts events again, after {FailureSeconds:0} s with failures", EventName = "WebhookRecovered")]
    public static partial void WebhookRecovered(this ILogger logger, string url, double failureSeconds);

    [LoggerMessage(133, LogLevel.Warning, "The webhook rejected events, which are not sent again: {Count} since the last report; the latest: {Cause:l}", EventName = "WebhookRejected")]
    public static partial void WebhookRejected(this ILogger logger, long count, string cause);

    [LoggerMessage(134, LogLevel.Error, "The webhook {Url:l} answered 410, so nothing is sent to it any more: correct Gateway:Webhook:Url, or restart the gateway", EventName = "WebhookStopped")]
    public static partial void WebhookStopped(this ILogger logger, string url);

    [LoggerMessage(135, LogLevel.Warning, "Events could not be delivered to the webhook in time ({Cause:l}): {Count} since the last report; {Kept:l}", EventName = "WebhookGaveUp")]
    public static partial void WebhookGaveUp(this ILogger logger, long count, string cause, string kept);

    [LoggerMessage(136, LogLevel.Error, "The dead-letter file {File:l} cannot be written: {Error:l}", EventName = "DeadLettersNotWritten")]
    public static partial void DeadLettersNotWritten(this ILogger logger, string file, string error);
}
