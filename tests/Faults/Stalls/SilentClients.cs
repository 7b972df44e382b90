using System.Net;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>A handful of clients that were answered once and then say nothing more: each is to be closed at its limit, never before and soon after.</summary>
internal sealed class SilentClients : IAsyncDisposable
{
    public const int Count = 10;

    public const string TimeoutsSeries = """heartbeatgateway_timeouts_total{kind="reader_idle"}""";

    /// <summary>At which the others ping.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    /// <summary>The gateway's default.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(7);

    private static readonly TimeProvider Time = TimeProvider.System;

    private readonly Crowd _crowd;

    private SilentClients(Crowd crowd) => _crowd = crowd;

    public static async Task<SilentClients> ConnectAsync(EndPoint gateway, int count = Count)
    {
        var crowd = await Crowd.ConnectAsync(gateway, count);
        await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(20));
        return new SilentClients(crowd);
    }

    /// <summary>One more ping of each.</summary>
    public Task PingAsync() => Task.WhenAll(_crowd.Clients.Select(c => c.PingAsync()));

    /// <summary>Completes when all are closed.</summary>
    public Task EndedAsync() => Task.WhenAll(_crowd.Clients.Select(c => c.Ended)).WaitAsync(TimeSpan.FromSeconds(60), Time);

    /// <summary>Fails unless all are closed at their limit.</summary>
    /// <param name="who">For the output.</param>
    /// <param name="stall">How much of the silence the gateway could not listen; it does not count.</param>
    /// <param name="atMostLate">How long after the limit they may be closed.</param>
    public Task AssertClosedAsync(string who, TimeSpan stall, TimeSpan atMostLate) => AssertClosedAsync(who, _ => stall, atMostLate);

    /// <inheritdoc cref="AssertClosedAsync(string, TimeSpan, TimeSpan)"/>
    public async Task AssertClosedAsync(string who, Func<CrowdClient, TimeSpan> stall, TimeSpan atMostLate)
    {
        await EndedAsync();
        var late = _crowd.Clients.Select(c => Time.GetElapsedTime(c.LastSent, c.EndedAt) - stall(c) - Limit).Order().ToList();
        TestContext.Current.TestOutputHelper?.WriteLine($"{who}: closed {late[0].TotalMilliseconds:0} to {late[^1].TotalMilliseconds:0} ms after the limit");
        Assert.All(_crowd.Clients, c => Assert.Equal(CrowdEnd.Finished, c.End));
        Assert.True(late[0] >= TimeSpan.Zero, $"{who}: one was closed {-late[0].TotalMilliseconds:0} ms before its limit.");
        Assert.True(late[^1] <= atMostLate, $"{who}: one was closed {late[^1].TotalMilliseconds:0} ms after its limit.");
    }

    public ValueTask DisposeAsync() => _crowd.DisposeAsync();
}
