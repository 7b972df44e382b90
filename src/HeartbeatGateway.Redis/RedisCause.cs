using StackExchange.Redis;

namespace HeartbeatGateway.Redis;

/// <summary>Why a call to Redis failed, for log lines.</summary>
internal static class RedisCause
{
    /// <summary>The message, without full stops at its end: the text of the line goes on behind it.</summary>
    public static string Of(Exception e) => e.Message.TrimEnd('.', ' ');

    /// <summary>What stays the same while the cause does: the messages of the library have figures that change.</summary>
    public static string KindOf(Exception e) => e switch
    {
        // The first word: OOM, READONLY, NOPERM.
        RedisServerException => e.Message.Split(' ', 2)[0],
        RedisConnectionException connection => FirstFailureOf(connection).ToString(),
        TimeoutException => nameof(TimeoutException),
        _ => e.GetType().Name,
    };

    /// <summary>The library wraps the failed connect or login into that of the call.</summary>
    private static ConnectionFailureType FirstFailureOf(RedisConnectionException e)
    {
        var type = e.FailureType;
        for (var inner = e.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is RedisConnectionException connection) type = connection.FailureType;
        }

        return type;
    }
}
