using HeartbeatGateway.Redis.Directory;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging.Testing;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests.Directory;

/// <summary>What the log says of calls that fail.</summary>
public sealed class RedisHealthTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private static readonly RedisConnectionException Closed =
        new(ConnectionFailureType.SocketClosed, CommandFlags.None, "SocketClosed on redis:6379, outstanding: 7");
    private static readonly RedisServerException Full =
        new(RedisErrorKind.Unknown, CommandFlags.None, "OOM command not allowed when used memory > 'maxmemory'.");

    private readonly TestClock _clock = new();
    private readonly FakeLogger _log = new();
    private readonly RedisHealth _health;

    public RedisHealthTests() => _health = new RedisHealth(_clock, _log);

    private string[] Lines => [.. _log.Collector.GetSnapshot().Select(l => l.Message)];

    [Fact]
    public void Another_cause_is_logged_ten_seconds_after_the_line_before()
    {
        _health.Failed(3, Closed);
        _health.Failed(4, Closed);
        _clock.Advance(Pause - TimeSpan.FromTicks(1));
        _health.Failed(3, Full);
        Assert.Single(Lines);
        _clock.Advance(TimeSpan.FromTicks(1));
        _health.Failed(3, Full);
        Assert.Equal(2, Lines.Length);
        Assert.StartsWith("Redis cannot be reached: SocketClosed on redis:6379, outstanding: 7 (partition 3). Clients are", Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("Redis cannot be reached: OOM command not allowed when used memory > 'maxmemory' (partition 3). Clients are", Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_cause_is_logged_once_in_an_outage_and_again_in_the_next()
    {
        for (var i = 0; i < 3; i++)
        {
            _health.Failed(3, new RedisTimeoutException(CommandFlags.None, $"Timeout awaiting response ({i}ms elapsed)", CommandStatus.Sent));
            _clock.Advance(Pause);
            _health.Failed(5, Full);
            _clock.Advance(Pause);
        }

        Assert.Equal(2, Lines.Length);
        _health.Succeeded(3);
        _health.Succeeded(5);
        _health.Failed(3, Full);
        Assert.Equal(["RedisUnreachable", "RedisUnreachable", "RedisReachable", "RedisUnreachable"], _log.Collector.GetSnapshot().Select(l => l.Id.Name));
    }

    [Fact]
    public void An_outage_that_begins_right_after_another_is_logged_when_it_lasts()
    {
        _health.Failed(3, Closed);
        _health.Succeeded(3);
        _health.Failed(3, Closed);
        Assert.Equal(2, Lines.Length);
        _clock.Advance(Pause);
        _health.Failed(3, Closed);
        Assert.Equal(3, Lines.Length);
    }

    [Fact]
    public void The_failed_connect_or_login_within_an_exception_tells_causes_apart()
    {
        _health.Failed(3, NoConnection(ConnectionFailureType.UnableToConnect));
        _clock.Advance(Pause);
        _health.Failed(3, NoConnection(ConnectionFailureType.UnableToConnect));
        Assert.Single(Lines);
        _health.Failed(3, NoConnection(ConnectionFailureType.AuthenticationFailure));
        Assert.Equal(2, Lines.Length);
    }

    private static RedisConnectionException NoConnection(ConnectionFailureType cause) => new(
        ConnectionFailureType.UnableToResolvePhysicalConnection, CommandFlags.None, $"No connection is active: {cause}",
        new RedisConnectionException(cause, CommandFlags.None, cause.ToString()), CommandStatus.WaitingToBeSent);
}
