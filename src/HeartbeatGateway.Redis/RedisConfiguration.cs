using StackExchange.Redis;

namespace HeartbeatGateway.Redis;

/// <summary>Reads the configuration of <see cref="RedisOptions"/>, and sets what the gateway depends on.</summary>
internal static class RedisConfiguration
{
    /// <exception cref="ArgumentException">It cannot be read; the message has no secrets.</exception>
    public static ConfigurationOptions Read(RedisOptions options)
    {
        if (ConfigurationFaults.Find(options.Configuration) is { } fault) throw new ArgumentException(fault, nameof(options));
        ConfigurationOptions configuration;
        try
        {
            configuration = ConfigurationOptions.Parse(options.Configuration, ignoreUnknown: false);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The library's message may quote the password, so it is not kept.
#pragma warning disable MA0054
            throw new ArgumentException("It is no list of servers and options, as in 'redis-1:6379,redis-2:6379,user=gateway,password=…,ssl=true'.", nameof(options));
#pragma warning restore MA0054
        }

        if (configuration.EndPoints.Count == 0) throw new ArgumentException("It names no server.", nameof(options));
        if (!configuration.Ssl && (options.TrustedRoots ?? options.ClientCertificate as object) is not null)
            throw new ArgumentException("It has no ssl=true, without which certificates have no effect.", nameof(options));
        configuration.AbortOnConnectFail = false;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ClientName ??= $"heartbeatgateway-{options.NodeName}".Replace(' ', '-');
        // Neither is needed, and each would need rights of its own: the election among independent masters, and its channel.
        configuration.TieBreaker = "";
        configuration.ConfigurationChannel = "";
        // CLIENT SETINFO, which servers before 7.2 do not know: a user cannot be given the right to it there.
        configuration.SetClientLibrary = false;
        // The library has INFO only with it. The user in Redis may do nothing that an administrator may.
        configuration.AllowAdmin = true;
        configuration.KeepAlive = 5;
        configuration.ConnectTimeout = Math.Min(configuration.ConnectTimeout, 2000);
        // The library's own bound comes after that of CallAsync.
        configuration.AsyncTimeout = configuration.SyncTimeout = (int)options.CallTimeout.TotalMilliseconds + 100;
        configuration.HeartbeatInterval = TimeSpan.FromMilliseconds(500);
        configuration.ReconnectRetryPolicy = new LinearRetry(500);
        return configuration;
    }
}
