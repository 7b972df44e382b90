namespace HeartbeatGateway.Redis;

/// <summary>The log lines of the connection. Their ids are 313 to 315.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(313, LogLevel.Error, "The certificate of Redis {Host:l} is refused: {Fault:l}", EventName = "RedisCertificateRefused")]
    public static partial void RedisCertificateRefused(this ILogger logger, string host, string fault);

    [LoggerMessage(314, LogLevel.Error, "The login at Redis fails: {Cause:l}. Check user, password, ssl and certificates in Gateway:Redis, and the user in Redis", EventName = "RedisLoginRefused")]
    public static partial void RedisLoginRefused(this ILogger logger, string cause);

    [LoggerMessage(315, LogLevel.Error, "The connection to Redis cannot be made, for a reason that is not expected; it is tried again each second", EventName = "RedisConnectFailed")]
    public static partial void RedisConnectFailed(this ILogger logger, Exception exception);
}
