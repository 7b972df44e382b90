using StackExchange.Redis;

namespace HeartbeatGateway.Redis;

/// <summary>Says why there is no connection although Redis is reached: a certificate, the user or the password. Thread-safe.</summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Gets a line of each kind every ten seconds at most.</param>
internal sealed class RedisRefusals(TimeProvider timeProvider, ILogger logger)
{
    private readonly LogPause _certificateLines = new(timeProvider);
    private readonly LogPause _loginLines = new(timeProvider);
    private readonly LogPause _connectLines = new(timeProvider);

    /// <summary>This node does not accept the certificate of Redis.</summary>
    public void CertificateRefused(string host, string fault)
    {
        if (_certificateLines.Allows()) logger.RedisCertificateRefused(host, fault);
    }

    /// <summary>The connection could not be made. What the library throws for a server that is away or refuses is told by the calls that fail.</summary>
    public void ConnectFailed(Exception e)
    {
        if (!RedisConnection.IsFailure(e) && _connectLines.Allows()) logger.RedisConnectFailed(e);
    }

    /// <summary>A call failed. When the login was the reason, that is logged: the library keeps it within the exception.</summary>
    public void CallFailed(RedisConnectionException e)
    {
        if (!IsLogin(e) || !_loginLines.Allows()) return;
        // Behind it are figures of the library.
        var cause = e.Message.Split(", mc: ", 2)[0];
        logger.RedisLoginRefused(cause);
    }

    private static bool IsLogin(Exception? e) => e is not null && (e is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } || IsLogin(e.InnerException));
}
