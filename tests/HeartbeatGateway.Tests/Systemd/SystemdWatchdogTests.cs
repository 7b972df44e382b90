using System.Net.Sockets;
using HeartbeatGateway.Health;
using HeartbeatGateway.Systemd;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Systemd;

public sealed class SystemdWatchdogTests : ISystemdNotifier
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly TestClock _time = new();
    private readonly FakeLogger<SystemdWatchdog> _logger = new();
    private LivenessReport _report = new(true, "answers heartbeats");
    private bool _isSocketGone;
    private int _notified;
    private int _checked;

    bool ISystemdNotifier.IsEnabled => true;

    void ISystemdNotifier.Notify(ServiceState state)
    {
        if (_isSocketGone) throw new SocketException((int)SocketError.ConnectionRefused);
        if (state.ToString() == "WATCHDOG=1") _notified++;
    }

    [Theory]
    [InlineData("30000000", null, 15_000.0)]
    [InlineData("30000000", "42", 15_000.0)]
    [InlineData("1", null, 1.0)]
    [InlineData("30000000", "43", null)]
    [InlineData(null, null, null)]
    [InlineData("", null, null)]
    [InlineData("0", null, null)]
    [InlineData("soon", null, null)]
    [InlineData("-1", null, null)]
    [InlineData("9223372036854775807", null, 43_200_000.0)]
    public void The_interval_is_half_of_the_time_of_systemd(string? microseconds, string? watched, double? milliseconds) =>
        Assert.Equal(milliseconds, WatchdogInterval.Read(microseconds, watched, own: 42)?.TotalMilliseconds);

    [Fact]
    public async Task Systemd_is_notified_at_each_interval_while_the_gateway_is_live()
    {
        using var watchdog = Create();
        await watchdog.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal((1, 1), (_checked, _notified));
        _time.Advance(Interval - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _checked);
        for (var i = 2; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await ReachesAsync(i, i);
            _time.Advance(Interval - TimeSpan.FromMilliseconds(1));
        }

        await watchdog.StopAsync(TestContext.Current.CancellationToken);
        _time.Advance(Interval);
        Assert.Equal(4, _checked);
        Assert.Equal(0, _logger.Collector.Count);
    }

    [Fact]
    public async Task Systemd_is_not_notified_while_the_gateway_is_not_live()
    {
        using var watchdog = Create();
        await watchdog.StartAsync(TestContext.Current.CancellationToken);
        _report = new LivenessReport(false, "no answer on the TCP endpoint for 12.0 s");
        _time.Advance(Interval);
        await ReachesAsync(2, 1);
        _time.Advance(Interval);
        await ReachesAsync(3, 1);
        Assert.Equal("systemd's watchdog is not notified and will restart the service: no answer on the TCP endpoint for 12.0 s", Assert.Single(_logger.Collector.GetSnapshot()).Message);

        _report = new LivenessReport(true, "answers heartbeats");
        _time.Advance(Interval);
        await ReachesAsync(4, 2);
        await watchdog.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_notification_that_fails_is_logged_and_tried_again()
    {
        _isSocketGone = true;
        using var watchdog = Create();
        await watchdog.StartAsync(TestContext.Current.CancellationToken);
        Assert.Contains("the notification socket does not take it", _logger.LatestRecord.Message, StringComparison.Ordinal);
        _isSocketGone = false;
        _time.Advance(Interval);
        await ReachesAsync(2, 1);
        await watchdog.StopAsync(TestContext.Current.CancellationToken);
    }

    private SystemdWatchdog Create() => new(
        _ =>
        {
            _checked++;
            return Task.FromResult(_report);
        },
        this, Interval, _time, _logger);

    /// <summary>Waits for the checks and notifications that are due: the timer continues on the thread pool.</summary>
    private async Task ReachesAsync(int @checked, int notified)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while ((Volatile.Read(ref _checked), Volatile.Read(ref _notified)) != (@checked, notified))
        {
            Assert.False(timeout.IsCancellationRequested, $"{_checked} checks and {_notified} notifications.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }
}
