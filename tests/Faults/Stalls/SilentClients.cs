using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>
/// A few clients that are answered once and then send nothing more. The gateway must close each at its idle timeout: never earlier, and
/// only a little later.
/// </summary>
internal sealed class SilentClients : IAsyncDisposable
{
    public const int Count = 10;

    public const string TimeoutsSeries = """heartbeatgateway_timeouts_total{kind="reader_idle"}""";

    /// <summary>The heartbeat interval of the other clients.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    /// <summary>The gateway's default idle timeout.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(7);

    private static readonly TimeProvider Time = TimeProvider.System;

    private readonly Crowd _crowd;
    private readonly StallWatch _watch = new();

    private SilentClients(Crowd crowd) => _crowd = crowd;

    public static async Task<SilentClients> ConnectAsync(ClientPort gateway, int count = Count)
    {
        var crowd = await Crowd.ConnectAsync(gateway, count);
        await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(20));
        return new SilentClients(crowd);
    }

    /// <summary>Sends one more ping from each.</summary>
    public Task PingAsync() => Task.WhenAll(_crowd.Clients.Select(c => c.PingAsync()));

    /// <summary>Completes when all are closed.</summary>
    public Task EndedAsync() => Task.WhenAll(_crowd.Clients.Select(c => c.Ended)).WaitAsync(TimeSpan.FromSeconds(60), Time);

    /// <summary>Fails unless all are closed at their idle timeout.</summary>
    /// <param name="label">What the output calls these clients.</param>
    /// <param name="stall">The part of the silence in which the gateway was stalled; it does not count.</param>
    /// <param name="atMostLate">How long after the idle timeout they may be closed. A pause of this process, which sees the end late, is added.</param>
    public Task AssertClosedAsync(string label, TimeSpan stall, TimeSpan atMostLate) => AssertClosedAsync(label, _ => stall, atMostLate);

    /// <inheritdoc cref="AssertClosedAsync(string, TimeSpan, TimeSpan)"/>
    public async Task AssertClosedAsync(string label, Func<CrowdClient, TimeSpan> stall, TimeSpan atMostLate)
    {
        var late = await AssertNotEarlyAsync(label, stall);
        Assert.True(late <= atMostLate, $"{label}: a client was closed {late.TotalMilliseconds:0} ms after its idle timeout.");
    }

    /// <summary>Fails unless all are closed, and none before its idle timeout.</summary>
    /// <returns>How late the last one was closed, without the longest pause of this process.</returns>
    public async Task<TimeSpan> AssertNotEarlyAsync(string label, Func<CrowdClient, TimeSpan> stall)
    {
        await EndedAsync();
        var pause = _watch.Longest(_crowd.Clients.Min(c => c.LastSent), _crowd.Clients.Max(c => c.EndedAt));
        var late = _crowd.Clients.Select(c => Time.GetElapsedTime(c.LastSent, c.EndedAt) - stall(c) - Limit).Order().ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{label}: closed {late[0].TotalMilliseconds:0} to {late[^1].TotalMilliseconds:0} ms after the idle timeout; "
            + $"longest pause of this process {pause.TotalMilliseconds:0} ms");
        Assert.All(_crowd.Clients, c => Assert.Equal(CrowdEnd.Finished, c.End));
        Assert.True(late[0] >= TimeSpan.Zero, $"{label}: a client was closed {-late[0].TotalMilliseconds:0} ms before its idle timeout.");
        return late[^1] - pause;
    }

    public ValueTask DisposeAsync()
    {
        _watch.Dispose();
        return _crowd.DisposeAsync();
    }
}
