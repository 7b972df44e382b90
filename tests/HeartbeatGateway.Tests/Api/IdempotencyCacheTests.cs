using HeartbeatGateway.Api.Messages;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Tests.Api;

/// <summary>Requests with an idempotency key, whose sending takes its time.</summary>
public sealed class IdempotencyCacheTests
{
    private readonly IdempotencyCache _cache = new(new TestClock());
    private int _runs;

    [Fact]
    public async Task A_repetition_that_comes_while_the_first_is_sent_waits_for_its_result()
    {
        var sending = new TaskCompletionSource<string>();
        var first = OnceAsync(sending.Task);
        var second = OnceAsync(Task.FromResult("another"));
        Assert.False(second.IsCompleted);
        sending.SetResult("queued");
        Assert.Equal(("queued", "queued", 1), (await first, await second, _runs));
        Assert.Equal("queued", await OnceAsync(Task.FromResult("another")));
    }

    [Fact]
    public async Task What_brought_nothing_about_or_failed_is_done_again()
    {
        Assert.Equal("gone", await OnceAsync(Task.FromResult("gone")));
        await Assert.ThrowsAsync<InvalidOperationException>(() => OnceAsync(Task.FromException<string>(new InvalidOperationException())));
        Assert.Equal(("queued", 3), (await OnceAsync(Task.FromResult("queued")), _runs));
    }

    private Task<string> OnceAsync(Task<string> result) => _cache.OnceAsync(
        "caller", "key", new byte[] { 1 },
        () =>
        {
            _runs++;
            return result;
        },
        r => r != "gone");
}
