using System.Net;
using HeartbeatGateway.Client.Tests.Support;
using HeartbeatGateway.Client.Transport;

namespace HeartbeatGateway.Client.Tests.Transport;

public sealed class SharedNameLookupTests
{
    [Fact]
    public async Task Two_hundred_callers_share_one_lookup_and_a_cancelled_caller_leaves_it_running()
    {
        var (asked, answer) = (0, new TaskCompletionSource<IPAddress[]>());
        var lookup = new SharedNameLookup(_ =>
        {
            Interlocked.Increment(ref asked);
            return answer.Task;
        });
        using var cancel = new CancellationTokenSource();
        var cancelled = lookup.ResolveAsync("gateway", cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        var callers = Enumerable.Range(0, 200).Select(_ => lookup.ResolveAsync("Gateway", default)).ToList();
        answer.SetResult([IPAddress.Loopback]);
        foreach (var caller in callers) Assert.Equal([IPAddress.Loopback], await caller.WaitAsync(Wait.Limit));
        Assert.Equal(1, asked);
        await lookup.ResolveAsync("gateway", default);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task A_failed_lookup_is_not_kept()
    {
        var asked = 0;
        var lookup = new SharedNameLookup(_ => ++asked == 1 ? throw new InvalidOperationException("test") : Task.FromResult<IPAddress[]>([]));
        await Assert.ThrowsAsync<InvalidOperationException>(() => lookup.ResolveAsync("gateway", default));
        Assert.Empty(await lookup.ResolveAsync("gateway", default));
    }
}
